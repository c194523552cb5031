//! The room: a value, the events that change it, and one function that folds an event into the value.
//!
//! Server and browser call the same [`Room::apply`]: the server to change a room, the browser to follow the server's.
//! The messages that carry rooms and events, the addresses and the problems are in [`crate::wire`].

mod audience;
mod device;
mod digest;
mod display_name;
mod download;
mod events;
mod file;
mod file_name;
mod ids;
mod member;
mod name;
mod preview;
mod receipts;
mod snippet;
mod typed_pin;

use serde::{Deserialize, Serialize};

pub use audience::{Audience, Viewer};
pub use device::{Device, DeviceKind};
pub use digest::{InvalidSha256, Sha256};
pub use display_name::DisplayName;
pub use download::Download;
pub use events::{PassingEvent, RoomEvent};
pub use file::{FileEntry, FileState};
pub use file_name::{FileName, path_segments};
pub use ids::{FileId, InvalidId, InvalidPin, MemberId, PIN_DIGITS, Pin, SnippetId};
pub use member::{Member, Presence, Role};
pub use name::InvalidName;
pub use preview::PreviewKind;
pub use snippet::{InvalidSnippet, Snippet, SnippetPart, SnippetText};
pub use typed_pin::{linked_pin, next_digits, typed_pin};

/// A room. What guests may see of it is decided in [`Room::seen_by`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The PIN with which people join the room.
    pub pin: Pin,
    /// When the room was created, in milliseconds since the Unix epoch.
    pub created_at_ms: u64,
    /// What the owner has set for the whole room.
    pub settings: Settings,
    /// The members who have a seat, in the order in which they took it. A member who left is not in the list.
    pub members: Vec<Member>,
    /// The files, in the order in which they were added.
    pub files: Vec<FileEntry>,
    /// The texts that members can copy, in the order in which they were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snippets: Vec<Snippet>,
    /// Uploads that will be joined into one file (tus concatenation). Pages do not list them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FileEntry>,
    /// The downloads that are running now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downloads: Vec<Download>,
    /// The downloads that broke off and have not been taken up again, the newest last. There are at most
    /// [`Room::MAX_BROKEN_DOWNLOADS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_downloads: Vec<Download>,
    /// How the room ended; `None` while it is open. The last event of the room sets it.
    pub closed: Option<Closed>,
}

/// A room as it was after its event number `revision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Number of the last recorded event that `room` contains; 0 before the first.
    pub revision: u64,
    /// The room after that event.
    pub room: Room,
}

/// What the owner can set for the whole room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether the room is locked: nobody new may join, but members keep their seats.
    pub locked: bool,
}

/// How a room ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Who ended the room.
    pub by: ClosedBy,
    /// When the room ended, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// How many files were erased with the room.
    pub erased_files: usize,
}

/// Who ended a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The owner.
    Owner,
    /// The server, because nobody had used the room for the whole of its time to live.
    Unused,
}

/// A recorded event does not follow a snapshot, because events between the two were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {got} does not follow revision {have}")]
pub struct Gap {
    /// The revision of the snapshot.
    pub have: u64,
    /// The revision that the event carries.
    pub got: u64,
}

impl Snapshot {
    /// Applies the recorded event number `revision`. An event that the room already contains is skipped.
    ///
    /// # Errors
    /// [`Gap`] when events in between are missing; the room stays as it was.
    pub fn follow(&mut self, revision: u64, event: &RoomEvent) -> Result<(), Gap> {
        let before = self.revision;
        self.skip(revision)?;
        if self.revision > before {
            self.room.apply(event);
        }
        Ok(())
    }

    /// Counts the recorded event number `revision`, which the follower may not see, as applied.
    ///
    /// # Errors
    /// [`Gap`] when events in between are missing; the snapshot stays as it was.
    pub fn skip(&mut self, revision: u64) -> Result<(), Gap> {
        if revision > self.revision + 1 {
            return Err(Gap { have: self.revision, got: revision });
        }
        self.revision = self.revision.max(revision);
        Ok(())
    }
}

impl Room {
    /// The most broken downloads that a room remembers; with more, the oldest is forgotten.
    pub const MAX_BROKEN_DOWNLOADS: usize = 256;

    /// A room in which nothing has happened yet.
    #[must_use]
    pub fn new(pin: Pin, created_at_ms: u64) -> Self {
        Self {
            pin,
            created_at_ms,
            settings: Settings::default(),
            members: Vec::new(),
            files: Vec::new(),
            snippets: Vec::new(),
            parts: Vec::new(),
            downloads: Vec::new(),
            broken_downloads: Vec::new(),
            closed: None,
        }
    }

    /// Folds one recorded event into the room. An event about a member, a file or a text that is not in the room
    /// changes nothing, so folding cannot fail.
    pub fn apply(&mut self, event: &RoomEvent) {
        match event {
            RoomEvent::MemberJoined { member } => match self.member_mut(member.id) {
                Some(seat) => *seat = member.clone(),
                None => push_first(&mut self.members, member.clone()),
            },
            RoomEvent::MemberLeft { id } => {
                self.members.retain(|member| member.id != *id);
                self.broken_downloads.retain(|download| download.member != *id);
                if self.members.is_empty() {
                    self.members = Vec::new();
                }
            }
            // Whoever has left is not in the list of members any more, but may have receipts.
            RoomEvent::MemberForgotten { id } => {
                self.files.iter_mut().for_each(|file| file.received_by.retain(|member| member != id));
            }
            RoomEvent::MemberRenamed { id, name } => {
                if let Some(member) = self.member_mut(*id) {
                    member.name = name.clone();
                }
            }
            RoomEvent::DeviceChanged { id, device } => {
                if let Some(member) = self.member_mut(*id) {
                    member.device = device.clone();
                }
            }
            RoomEvent::FileAdded { file } => {
                if self.file(file.id).is_none() {
                    self.files.push(file.clone());
                }
            }
            RoomEvent::PartAdded { file } => {
                if self.upload(file.id).is_none() {
                    self.parts.push(file.clone());
                }
            }
            RoomEvent::PartsJoined { file } => {
                self.parts.retain(|part| !file.joined_from.contains(&part.id));
                self.files.push(file.clone());
            }
            RoomEvent::FileSized { id, size_bytes } => {
                if let Some(file) = self.upload_mut(*id) {
                    file.size_bytes = Some(*size_bytes);
                }
            }
            RoomEvent::FileCompleted { id, crc32 } => {
                if let Some(file) = self.upload_mut(*id) {
                    file.offset_bytes = file.size_bytes.unwrap_or(file.offset_bytes);
                    file.state = FileState::Complete;
                    file.crc32 = Some(*crc32);
                }
            }
            RoomEvent::FileDigested { id, sha256 } => {
                if let Some(file) = self.upload_mut(*id) {
                    file.sha256 = Some(*sha256);
                }
            }
            RoomEvent::FileReopened { id, offset_bytes } => {
                if let Some(file) = self.upload_mut(*id) {
                    file.offset_bytes = *offset_bytes;
                    file.state = FileState::Stopped;
                    file.crc32 = None;
                    file.sha256 = None;
                    file.received_by.clear();
                }
                self.broken_downloads.retain(|download| download.file != *id);
            }
            RoomEvent::FileReceived { id, member } => {
                if let Some(file) = self.upload_mut(*id)
                    && !file.received_by.contains(member)
                {
                    file.received_by.push(*member);
                }
                self.broken_downloads.retain(|download| (download.file, download.member) != (*id, *member));
            }
            RoomEvent::ThumbnailAdded { id } | RoomEvent::ThumbnailLost { id } => {
                if let Some(file) = self.upload_mut(*id) {
                    file.has_thumbnail = matches!(event, RoomEvent::ThumbnailAdded { .. });
                }
            }
            RoomEvent::FileRemoved { id } => {
                self.files.retain(|file| file.id != *id);
                self.parts.retain(|part| part.id != *id);
                self.downloads.retain(|download| download.file != *id);
                self.broken_downloads.retain(|download| download.file != *id);
            }
            RoomEvent::SnippetAdded { snippet } => {
                if !self.snippets.iter().any(|known| known.id == snippet.id) {
                    self.snippets.push(snippet.clone());
                }
            }
            RoomEvent::SnippetRemoved { id } => self.snippets.retain(|snippet| snippet.id != *id),
            RoomEvent::SettingsChanged { settings } => self.settings = *settings,
            RoomEvent::RoomClosed { by, at_ms } => {
                let erased_files = self.files.len();
                self.closed = Some(Closed { by: *by, at_ms: *at_ms, erased_files });
                self.members.clear();
                self.files.clear();
                self.snippets.clear();
                self.parts.clear();
                self.downloads.clear();
                self.broken_downloads.clear();
            }
        }
    }

    /// Folds one passing event into the room. A progress report that comes late does not change a complete file.
    pub fn pass(&mut self, event: &PassingEvent) {
        match event {
            PassingEvent::PresenceChanged { id, presence } => {
                if let Some(member) = self.member_mut(*id) {
                    member.presence = *presence;
                }
            }
            PassingEvent::FileProgress { id, offset_bytes, state } => {
                if let Some(file) = self.upload_mut(*id)
                    && file.state != FileState::Complete
                    && *state != FileState::Complete
                {
                    file.offset_bytes = (*offset_bytes).min(file.size_bytes.unwrap_or(u64::MAX));
                    file.state = *state;
                }
            }
            PassingEvent::Download { download, running } => {
                let is_another = |known: &Download| (known.file, known.member) != (download.file, download.member);
                self.downloads.retain(is_another);
                self.broken_downloads.retain(is_another);
                if *running && self.file(download.file).is_some() {
                    self.downloads.push(*download);
                } else if self.has_broken_off(download) {
                    if self.broken_downloads.len() >= Self::MAX_BROKEN_DOWNLOADS {
                        self.broken_downloads.remove(0);
                    }
                    self.broken_downloads.push(*download);
                }
            }
        }
    }

    /// Whether a download that has ended left a member of the room without a part of the file.
    fn has_broken_off(&self, download: &Download) -> bool {
        let lacks = |file: &FileEntry| file.size_bytes != Some(download.received_bytes) && !file.received_by.contains(&download.member);
        self.member(download.member).is_some() && self.file(download.file).is_some_and(lacks)
    }

    /// Becomes `next`, with the entries of its own lists before those of `next`. A snapshot that comes in parts is put
    /// together with this.
    pub fn append(&mut self, next: Self) {
        let Self { mut members, mut files, mut snippets, mut parts, .. } = std::mem::replace(self, next);
        members.append(&mut self.members);
        files.append(&mut self.files);
        snippets.append(&mut self.snippets);
        parts.append(&mut self.parts);
        (self.members, self.files, self.snippets, self.parts) = (members, files, snippets, parts);
    }

    /// The member with this id, unless the member left.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// The file with this id, unless it was removed.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&FileEntry> {
        // From the end, because most requests are for the files that were added last.
        self.files.iter().rfind(|file| file.id == id)
    }

    /// The file or the part with this id, unless it was removed.
    #[must_use]
    pub fn upload(&self, id: FileId) -> Option<&FileEntry> {
        self.uploads().rfind(|file| file.id == id)
    }

    /// All files, followed by all parts.
    pub fn uploads(&self) -> impl DoubleEndedIterator<Item = &FileEntry> {
        self.files.iter().chain(&self.parts)
    }

    /// Whether the upload with this id is a part of a file that is still to be joined.
    #[must_use]
    pub fn is_part(&self, id: FileId) -> bool {
        self.parts.iter().any(|part| part.id == id)
    }

    /// The size of all files and parts together, in bytes. One whose size is not declared counts with the bytes that
    /// have arrived.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.uploads().fold(0, |sum, file| sum.saturating_add(file.size_bytes.unwrap_or(file.offset_bytes)))
    }

    /// The length of all names of files and of all texts together, in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let names = self.uploads().map(FileEntry::text_bytes);
        names.chain(self.snippets.iter().map(|snippet| snippet.text.as_str().len())).sum()
    }

    /// The passing events that bring a follower who has all recorded events up to date.
    pub fn passing_state(&self) -> impl Iterator<Item = PassingEvent> + '_ {
        let presences = self.members.iter().map(|member| PassingEvent::PresenceChanged { id: member.id, presence: member.presence });
        let progress = self.uploads().filter(|file| file.state != FileState::Complete).map(|file| PassingEvent::FileProgress {
            id: file.id,
            offset_bytes: file.offset_bytes,
            state: file.state,
        });
        let running = self.downloads.iter().map(|download| PassingEvent::Download { download: *download, running: true });
        let broken = self.broken_downloads.iter().map(|download| PassingEvent::Download { download: *download, running: false });
        presences.chain(progress).chain(running).chain(broken)
    }

    fn member_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    fn upload_mut(&mut self, id: FileId) -> Option<&mut FileEntry> {
        self.files.iter_mut().chain(&mut self.parts).rfind(|file| file.id == id)
    }
}

/// Adds an item to a list that often has only one. A list would else take the memory of four with the first, which is a
/// good part of what an idle room takes.
pub fn push_first<T>(list: &mut Vec<T>, item: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(item);
}

#[cfg(test)]
pub(crate) mod tests;
