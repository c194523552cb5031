//! Who may learn what of a room. The owner sees everything; what is the owner's business, guests do not see.
//!
//! Each event and each field is decided on here by name, so that a new one does not compile before somebody has decided
//! who may see it.

use super::{Download, FileEntry, FileId, MemberId, PassingEvent, Role, Room, RoomEvent};

/// The member to whom a room or an event is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The member.
    pub member: MemberId,
    /// What the member may do.
    pub role: Role,
}

/// The members who may learn of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in the room.
    Everyone,
    /// The owner only.
    Owner,
    /// The owner, and the member whom the event is about.
    OwnerAnd(MemberId),
}

impl Audience {
    /// Whether this viewer belongs to the audience.
    #[must_use]
    pub fn includes(self, viewer: Viewer) -> bool {
        match self {
            Self::Everyone => true,
            Self::Owner => viewer.role == Role::Owner,
            Self::OwnerAnd(member) => viewer.role == Role::Owner || viewer.member == member,
        }
    }
}

impl RoomEvent {
    /// Who may learn of the event. `is_part` tells of an upload whether it is a part that is still to be joined.
    pub fn audience(&self, is_part: impl FnOnce(FileId) -> bool) -> Audience {
        match self {
            Self::MemberJoined { .. }
            | Self::MemberLeft { .. }
            | Self::MemberRenamed { .. }
            | Self::DeviceChanged { .. }
            | Self::FileAdded { .. }
            | Self::PartsJoined { .. }
            | Self::SnippetAdded { .. }
            | Self::SnippetRemoved { .. }
            | Self::SettingsChanged { .. }
            | Self::RoomClosed { .. } => Audience::Everyone,
            Self::PartAdded { .. } => Audience::Owner,
            Self::FileReceived { member: id, .. } | Self::MemberForgotten { id } => Audience::OwnerAnd(*id),
            Self::FileSized { id, .. }
            | Self::FileCompleted { id, .. }
            | Self::FileDigested { id, .. }
            | Self::FileReopened { id, .. }
            | Self::ThumbnailAdded { id }
            | Self::ThumbnailLost { id }
            | Self::FileRemoved { id } => of_upload(is_part(*id)),
        }
    }
}

impl PassingEvent {
    /// Who may learn of the event. `is_part` tells of an upload whether it is a part that is still to be joined.
    pub fn audience(&self, is_part: impl FnOnce(FileId) -> bool) -> Audience {
        match self {
            Self::PresenceChanged { .. } => Audience::Everyone,
            Self::FileProgress { id, .. } => of_upload(is_part(*id)),
            Self::Download { download, .. } => Audience::OwnerAnd(download.member),
        }
    }
}

fn of_upload(is_part: bool) -> Audience {
    if is_part { Audience::Owner } else { Audience::Everyone }
}

impl Room {
    /// The room as this viewer may see it. A guest sees no parts, and of the receipts and the running downloads only the
    /// guest's own.
    #[must_use]
    pub fn seen_by(self, viewer: Viewer) -> Self {
        if viewer.role == Role::Owner {
            return self;
        }
        let own = |mut downloads: Vec<Download>| {
            downloads.retain(|download| download.member == viewer.member);
            downloads
        };
        let Self { pin, created_at_ms, settings, members, files, snippets, closed, parts: _, downloads, broken_downloads } = self;
        let files = files.into_iter().map(|file| file.seen_by(viewer)).collect();
        let (downloads, broken_downloads) = (own(downloads), own(broken_downloads));
        Self { settings, members, files, snippets, closed, downloads, broken_downloads, ..Self::new(pin, created_at_ms) }
    }
}

impl FileEntry {
    /// The row as this viewer may see it.
    #[must_use]
    pub fn seen_by(mut self, viewer: Viewer) -> Self {
        if viewer.role == Role::Guest {
            self.received_by.retain(|member| *member == viewer.member);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Download;

    const ADA: Viewer = Viewer { member: MemberId::new(1), role: Role::Guest };
    const BOB: Viewer = Viewer { member: MemberId::new(2), role: Role::Guest };
    const OWNER: Viewer = Viewer { member: MemberId::new(3), role: Role::Owner };

    fn download_of(viewer: Viewer) -> Download {
        Download { file: FileId::new(7), member: viewer.member, received_bytes: 4 }
    }

    #[test]
    fn a_download_is_told_to_the_owner_and_to_whoever_downloads() {
        for running in [true, false] {
            let audience = PassingEvent::Download { download: download_of(ADA), running }.audience(|_| false);
            assert!(audience.includes(ADA) && audience.includes(OWNER) && !audience.includes(BOB));
        }
    }

    #[test]
    fn a_receipt_is_told_to_the_owner_and_to_whoever_has_the_file() {
        let audience = RoomEvent::FileReceived { id: FileId::new(7), member: ADA.member }.audience(|_| false);
        assert!(audience.includes(ADA) && audience.includes(OWNER) && !audience.includes(BOB));
    }

    #[test]
    fn a_guest_sees_no_download_but_the_own_ones() {
        let mut room = Room::new("482913".parse().unwrap(), 1);
        room.downloads = vec![download_of(ADA), download_of(BOB)];
        assert_eq!(room.clone().seen_by(ADA).downloads, [download_of(ADA)]);
        assert_eq!(room.clone().seen_by(BOB).downloads, [download_of(BOB)]);
        assert_eq!(room.clone().seen_by(Viewer { member: MemberId::new(4), role: Role::Guest }).downloads, []);
        assert_eq!(room.clone().seen_by(OWNER), room);
    }
}
