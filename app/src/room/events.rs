//! The events of a room: recorded ones, which have a number and are stored, and passing ones, which are not.

use serde::{Deserialize, Serialize};

use super::{
    ClosedBy, Device, DisplayName, Download, FileEntry, FileId, FileState, Member, MemberId, Presence, Settings, Sha256, Snippet, SnippetId,
};

/// A recorded event: a change of the room that gets the next revision, and that is written to the journal before any
/// member is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoomEvent {
    /// Somebody took a seat, or came back to a seat that was given up.
    MemberJoined {
        /// The member who has the seat now.
        member: Member,
    },
    /// A member did not come back while the seat was held, so the seat was given up.
    MemberLeft {
        /// The member.
        id: MemberId,
    },
    /// The seat of a member who left was given to somebody else, so that the member cannot come back to it.
    MemberForgotten {
        /// The member.
        id: MemberId,
    },
    /// A member chose another name.
    MemberRenamed {
        /// The member.
        id: MemberId,
        /// The new name.
        name: DisplayName,
    },
    /// A member's page reported something about its device that the user agent does not tell.
    DeviceChanged {
        /// The member.
        id: MemberId,
        /// The device as it is known now.
        device: Device,
    },
    /// A file was announced; its bytes follow.
    FileAdded {
        /// The new file.
        file: FileEntry,
    },
    /// A part was announced: an upload that will be joined with others into one file (tus concatenation).
    PartAdded {
        /// The new part.
        file: FileEntry,
    },
    /// Parts were joined into one file; the parts themselves are gone.
    PartsJoined {
        /// The new file; its parts are in [`FileEntry::joined_from`].
        file: FileEntry,
    },
    /// The sender of a file declared its length, which was unknown before.
    FileSized {
        /// The file.
        id: FileId,
        /// The length of the whole file in bytes.
        size_bytes: u64,
    },
    /// The last byte of a file arrived.
    FileCompleted {
        /// The file.
        id: FileId,
        /// CRC-32 (ISO-HDLC) of the whole file.
        crc32: u32,
    },
    /// The digest of a complete file was computed.
    FileDigested {
        /// The file.
        id: FileId,
        /// SHA-256 of the whole file.
        sha256: Sha256,
    },
    /// A complete file turned out to be incomplete after a restart, because the machine had stopped before all of it
    /// was on the disk.
    FileReopened {
        /// The file.
        id: FileId,
        /// How many bytes of the file are on the disk: the offset at which its upload continues.
        offset_bytes: u64,
    },
    /// All of a file was sent to a member.
    FileReceived {
        /// The file.
        id: FileId,
        /// The member.
        member: MemberId,
    },
    /// There is a thumbnail of a file now, to be shown in the list of files.
    ThumbnailAdded {
        /// The file.
        id: FileId,
    },
    /// The thumbnail of a file was found to be missing after a restart, because the machine had stopped before it was
    /// on the disk.
    ThumbnailLost {
        /// The file.
        id: FileId,
    },
    /// A file was removed and erased.
    FileRemoved {
        /// The file.
        id: FileId,
    },
    /// The owner added a text for members to copy.
    SnippetAdded {
        /// The new text.
        snippet: Snippet,
    },
    /// The owner removed a text.
    SnippetRemoved {
        /// The text.
        id: SnippetId,
    },
    /// The owner changed a setting.
    SettingsChanged {
        /// All settings as they are now.
        settings: Settings,
    },
    /// The room ended. No event follows.
    RoomClosed {
        /// Who ended the room.
        by: ClosedBy,
        /// When the room ended, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
}

/// A passing event: presence or progress. It has no revision and is never stored. Losing one costs nothing, because the
/// next one supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PassingEvent {
    /// A member connected, put every tab into the background, or lost the connection.
    PresenceChanged {
        /// The member.
        id: MemberId,
        /// The member's presence now.
        presence: Presence,
    },
    /// More of a file arrived, or its sender stopped sending.
    FileProgress {
        /// The file.
        id: FileId,
        /// How many bytes have arrived so far.
        offset_bytes: u64,
        /// [`FileState::Arriving`] or [`FileState::Stopped`]; completion is the recorded event
        /// [`RoomEvent::FileCompleted`].
        state: FileState,
    },
    /// A member's download of a file began, went on or ended. Only the owner and the member are told.
    Download {
        /// Which member has how much of which file.
        download: Download,
        /// Whether the download goes on. One that ends with less than the whole file has broken off, and stays in
        /// [`Room::broken_downloads`](super::Room::broken_downloads) until the member takes it up again.
        running: bool,
    },
}
