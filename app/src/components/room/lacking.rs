//! What the guests do not have yet, for the question before the room is closed, and for whom the closing waits.

use crate::{
    format,
    i18n::t,
    room::{Download, FileId, MemberId, Room},
};

/// The most lines of the list; of the others only their number is shown.
const MAX_LINES: usize = 12;

/// The lines that say which guest does not have which file: first those who are downloading, then those whose download
/// broke off, then those who have not begun.
pub(super) fn lines(room: &Room) -> Vec<String> {
    let mut lines: Vec<String> = room
        .downloads
        .iter()
        .filter_map(|download| names(room, download).map(|(member, file)| t().still_downloading_file(&member, &file)))
        .chain(room.broken_downloads.iter().filter_map(|download| broke_off(room, download)))
        .collect();
    let mut more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    let has_begun = |member: MemberId, file: FileId| {
        let is_this = |download: &Download| (download.member, download.file) == (member, file);
        room.downloads.iter().any(is_this) || room.broken_downloads.iter().any(is_this)
    };
    for guest in room.guests() {
        let lacks = |file: &&crate::room::FileEntry| !file.received_by.contains(&guest.id) && !has_begun(guest.id, file.id);
        for file in room.downloadable().filter(lacks) {
            if lines.len() < MAX_LINES {
                lines.push(t().not_downloaded(guest.name.as_str(), &file.name.to_string()));
            } else {
                more += 1;
            }
        }
    }
    if more > 0 {
        lines.push(t().lacking_more(more));
    }
    lines
}

/// Says that this download broke off, and where.
pub(super) fn broke_off(room: &Room, download: &Download) -> Option<String> {
    let (member, file) = names(room, download)?;
    let entry = room.file(download.file)?;
    let size = entry.size_bytes.unwrap_or(entry.offset_bytes);
    Some(t().broke_off(&member, &file, &format::percent_text(format::percent(download.received_bytes, size))))
}

/// The names of the member and of the file, if both are still in the room.
fn names(room: &Room, download: &Download) -> Option<(String, String)> {
    Some((room.member(download.member)?.name.to_string(), room.file(download.file)?.name.to_string()))
}

/// The downloads that the closing of the room waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Awaited {
    downloads: Vec<(MemberId, FileId)>,
    /// The broken downloads for which the owner has decided to wait on.
    accepted: Vec<Download>,
}

impl Awaited {
    /// Waits for every download that is running or has broken off. The owner knows of those that have broken off so far.
    pub(super) fn begin(room: &Room) -> Self {
        let begun = room.downloads.iter().chain(&room.broken_downloads);
        let mut awaited =
            Self { downloads: begun.map(|download| (download.member, download.file)).collect(), accepted: room.broken_downloads.clone() };
        awaited.follow(room);
        awaited
    }

    /// Also waits for downloads that have begun since, and no longer for who has the file or has left.
    pub(super) fn follow(&mut self, room: &Room) {
        for download in &room.downloads {
            if !self.downloads.contains(&(download.member, download.file)) {
                self.downloads.push((download.member, download.file));
            }
        }
        let lacks = |(member, file): &(MemberId, FileId)| {
            room.member(*member).is_some() && room.file(*file).is_some_and(|file| !file.received_by.contains(member))
        };
        self.downloads.retain(lacks);
        self.accepted.retain(|download| room.broken_downloads.contains(download));
    }

    /// Whether nothing is left to wait for.
    pub(super) fn is_over(&self) -> bool {
        self.downloads.is_empty()
    }

    /// A download that has broken off, for which the owner has not decided yet whether to wait on.
    pub(super) fn undecided(&self, room: &Room) -> Option<Download> {
        let is_awaited = |download: &&Download| self.downloads.contains(&(download.member, download.file));
        room.broken_downloads.iter().find(|download| is_awaited(download) && !self.accepted.contains(download)).copied()
    }

    /// Waits on for this download, until it breaks off again.
    pub(super) fn accept(&mut self, download: Download) {
        self.accepted.push(download);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{Device, DeviceKind, DisplayName, FileEntry, FileName, FileState, Member, PassingEvent, Presence, Role, RoomEvent};

    const FILM: FileId = FileId::new(1);
    const NOTES: FileId = FileId::new(2);
    const ADA: MemberId = MemberId::new(1);
    const BOB: MemberId = MemberId::new(2);

    /// A room with two files of a hundred bytes and two guests.
    fn room() -> Room {
        let mut room = Room::new("482913".parse().unwrap(), 0);
        for (id, name) in [(ADA, "Ada"), (BOB, "Bob")] {
            let device = Device { kind: DeviceKind::Mobile, browser: String::new(), system: String::new() };
            let name = DisplayName::parse(name).unwrap();
            let member = Member { id, name, role: Role::Guest, device, address: String::new(), presence: Presence::Connected };
            room.apply(&RoomEvent::MemberJoined { member });
        }
        for (id, name) in [(FILM, "film.mp4"), (NOTES, "notes.md")] {
            let file = FileEntry {
                id,
                name: FileName::parse(name).unwrap(),
                media_type: String::new(),
                size_bytes: Some(100),
                offset_bytes: 100,
                state: FileState::Complete,
                crc32: None,
                sha256: None,
                added_at_ms: 0,
                modified_at_ms: None,
                joined_from: Vec::new(),
                received_by: Vec::new(),
                has_thumbnail: false,
            };
            room.apply(&RoomEvent::FileAdded { file });
        }
        room
    }

    fn pass(room: &mut Room, file: FileId, received_bytes: u64, running: bool) -> Download {
        let download = Download { file, member: ADA, received_bytes };
        room.pass(&PassingEvent::Download { download, running });
        download
    }

    #[test]
    fn says_who_lacks_what_and_why() {
        let mut room = room();
        pass(&mut room, FILM, 15, false);
        pass(&mut room, NOTES, 40, true);
        room.apply(&RoomEvent::FileReceived { id: NOTES, member: BOB });
        assert_eq!(
            lines(&room),
            [
                "Ada is still downloading “notes.md”.",
                "Ada's download of “film.mp4” broke off at 15 %.",
                "Bob has not downloaded “film.mp4”."
            ]
        );
    }

    #[test]
    fn a_long_list_is_cut_short() {
        let mut room = room();
        for number in 10..20 {
            let file = FileEntry { id: FileId::new(number), ..room.files[0].clone() };
            room.apply(&RoomEvent::FileAdded { file });
        }
        let lines = lines(&room);
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (MAX_LINES + 1, "And 12 more."));
    }

    #[test]
    fn waits_until_who_was_downloading_has_the_file_or_has_left() {
        let mut room = room();
        pass(&mut room, FILM, 10, true);
        let mut awaited = Awaited::begin(&room);
        assert!(!awaited.is_over());
        // A download that begins meanwhile is waited for, too.
        pass(&mut room, NOTES, 10, true);
        awaited.follow(&room);
        room.apply(&RoomEvent::FileReceived { id: FILM, member: ADA });
        awaited.follow(&room);
        assert!(!awaited.is_over());
        // The connection of this page was lost, so that it does not know which downloads run.
        room.downloads.clear();
        awaited.follow(&room);
        assert!(!awaited.is_over());
        room.apply(&RoomEvent::MemberLeft { id: ADA });
        awaited.follow(&room);
        assert!(awaited.is_over());
    }

    #[test]
    fn the_owner_decides_once_about_each_break() {
        let mut room = room();
        pass(&mut room, FILM, 10, true);
        let mut awaited = Awaited::begin(&room);
        assert_eq!(awaited.undecided(&room), None);
        let broken = pass(&mut room, FILM, 15, false);
        awaited.follow(&room);
        assert_eq!((awaited.is_over(), awaited.undecided(&room)), (false, Some(broken)));
        awaited.accept(broken);
        awaited.follow(&room);
        assert_eq!((awaited.is_over(), awaited.undecided(&room)), (false, None));
        pass(&mut room, FILM, 20, true);
        awaited.follow(&room);
        let again = pass(&mut room, FILM, 20, false);
        awaited.follow(&room);
        assert_eq!(awaited.undecided(&room), Some(again));
    }
}
