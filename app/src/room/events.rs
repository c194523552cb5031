//! What happens in a room.

use serde::{Deserialize, Serialize};

use super::{
    ClosedBy, Device, DisplayName, Download, FileEntry, FileId, FileState, Member, MemberId, Presence, Settings, Sha256, Snippet, SnippetId,
};

/// A change that carries the next revision and is written down before anyone is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoomEvent {
    /// Somebody took a seat, or came back to it.
    MemberJoined {
        /// The seat as it is now.
        member: Member,
    },
    /// A seat was given up after its time to come back had passed.
    MemberLeft {
        /// Whose.
        id: MemberId,
    },
    /// A member chose another name.
    MemberRenamed {
        /// Who.
        id: MemberId,
        /// The new name.
        name: DisplayName,
    },
    /// The page told what the user agent could not.
    DeviceChanged {
        /// Whose.
        id: MemberId,
        /// What it is.
        device: Device,
    },
    /// A file was announced; its bytes follow.
    FileAdded {
        /// The new row.
        file: FileEntry,
    },
    /// An upload was announced that will be joined with others into one file.
    PartAdded {
        /// The new part.
        file: FileEntry,
    },
    /// Parts became one complete file and are gone themselves.
    PartsJoined {
        /// The new row; its parts are in [`FileEntry::joined_from`].
        file: FileEntry,
    },
    /// The sender of a file learned how long it is.
    FileSized {
        /// Which file.
        id: FileId,
        /// Its whole length in bytes.
        size_bytes: u64,
    },
    /// The last byte of a file arrived.
    FileCompleted {
        /// Which file.
        id: FileId,
        /// CRC-32 (ISO-HDLC) of all its bytes.
        crc32: u32,
    },
    /// The whole of a complete file was summed.
    FileDigested {
        /// Which file.
        id: FileId,
        /// SHA-256 of all its bytes.
        sha256: Sha256,
    },
    /// A file that was complete turned out not to be: the machine stopped before the disk had all of it.
    FileReopened {
        /// Which file.
        id: FileId,
        /// Bytes that are here.
        offset_bytes: u64,
    },
    /// A member got all of a file.
    FileReceived {
        /// Which file.
        id: FileId,
        /// Who.
        member: MemberId,
    },
    /// There is a small picture of a file, to be shown in its row.
    ThumbnailAdded {
        /// Which file.
        id: FileId,
    },
    /// The small picture of a file turned out not to be here: the machine stopped before the disk had it.
    ThumbnailLost {
        /// Which file.
        id: FileId,
    },
    /// A file was removed and erased.
    FileRemoved {
        /// Which file.
        id: FileId,
    },
    /// The owner added text to copy.
    SnippetAdded {
        /// The new text.
        snippet: Snippet,
    },
    /// The owner took text back.
    SnippetRemoved {
        /// Which one.
        id: SnippetId,
    },
    /// The owner changed a setting.
    SettingsChanged {
        /// All settings as they are now.
        settings: Settings,
    },
    /// The room ended; nothing follows.
    RoomClosed {
        /// Who ended it.
        by: ClosedBy,
        /// When, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
}

/// A change that is never stored: losing one costs nothing, the next one supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PassingEvent {
    /// A member came, went out of sight or lost the connection.
    PresenceChanged {
        /// Who.
        id: MemberId,
        /// How it is now.
        presence: Presence,
    },
    /// More of a file arrived, or its sender went silent.
    FileProgress {
        /// Which file.
        id: FileId,
        /// Bytes here so far.
        offset_bytes: u64,
        /// Arriving or stopped; completion is a recorded event.
        state: FileState,
    },
    /// A member gets a file, or does not any more. Told to the owner only.
    Download {
        /// How far the member is with which file.
        download: Download,
        /// Whether it goes on.
        running: bool,
    },
}
