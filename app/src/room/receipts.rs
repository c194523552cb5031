//! Who has what: which files a guest of the room does not have yet.

use super::{FileEntry, FileState, Member, Role, Room};

impl Room {
    /// The guests who have a seat.
    pub fn guests(&self) -> impl Iterator<Item = &Member> + Clone {
        self.members.iter().filter(|member| member.role == Role::Guest)
    }

    /// The files that guests download: all but the empty folders, which only come along in archives.
    pub fn downloadable(&self) -> impl Iterator<Item = &FileEntry> + Clone {
        self.files.iter().filter(|file| !file.is_folder())
    }

    /// Whether all files are complete and each guest has all of them. It is false without guests, and without files.
    #[must_use]
    pub fn everyone_has_everything(&self) -> bool {
        let guests = self.guests().count();
        // The number of receipts tells most files at once.
        let may_be_had = |file: &FileEntry| file.state == FileState::Complete && file.received_by.len() >= guests;
        let is_had = |file: &FileEntry| self.guests().all(|guest| file.received_by.contains(&guest.id));
        guests > 0 && self.downloadable().next().is_some() && self.downloadable().all(may_be_had) && self.downloadable().all(is_had)
    }
}

#[cfg(test)]
mod tests {
    use crate::room::{MemberId, RoomEvent, tests::room_with_guest};

    #[test]
    fn everyone_has_everything_only_when_each_guest_has_each_complete_file() {
        let (mut room, id, guest) = room_with_guest();
        room.apply(&RoomEvent::FileReceived { id, member: guest });
        assert!(!room.everyone_has_everything(), "the file is not complete");
        room.apply(&RoomEvent::FileCompleted { id, crc32: 0 });
        assert!(room.everyone_has_everything());

        let late = MemberId::new(9);
        let member = crate::room::Member { id: late, ..room.members[0].clone() };
        room.apply(&RoomEvent::MemberJoined { member });
        // The receipt of somebody who has left does not count for who came later.
        room.apply(&RoomEvent::FileReceived { id, member: MemberId::new(7) });
        assert!(!room.everyone_has_everything());
        room.apply(&RoomEvent::MemberLeft { id: late });
        assert!(room.everyone_has_everything());
        room.apply(&RoomEvent::FileRemoved { id });
        assert!(!room.everyone_has_everything(), "there is nothing");
    }
}
