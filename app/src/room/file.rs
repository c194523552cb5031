//! A file of a room, and who is getting it.

use serde::{Deserialize, Serialize};

use super::{FileId, FileName, MemberId, Sha256};

/// One file in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Names the file on the wire and on disk.
    pub id: FileId,
    /// As the sender called it: text to show, never a path to use.
    pub name: FileName,
    /// The media type that the sender declared, empty when none.
    pub media_type: String,
    /// Declared length of the whole file in bytes; unknown while its sender does not know it either.
    pub size_bytes: Option<u64>,
    /// How much of it has arrived, in bytes.
    pub offset_bytes: u64,
    /// What is happening to it.
    pub state: FileState,
    /// CRC-32 (ISO-HDLC) of the whole file, known once it is complete.
    pub crc32: Option<u32>,
    /// SHA-256 of the whole file, known moments after it is complete.
    #[serde(default)]
    pub sha256: Option<Sha256>,
    /// When it was added, in milliseconds since the Unix epoch.
    pub added_at_ms: u64,
    /// When its sender last changed it, in milliseconds since the Unix epoch, if the sender told.
    #[serde(default)]
    pub modified_at_ms: Option<u64>,
    /// The uploads that it was joined from, if it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined_from: Vec<FileId>,
    /// The members who got all of it, in the order of getting it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received_by: Vec<MemberId>,
    /// Whether there is a small picture of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_thumbnail: bool,
}

/// A member on the way to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// Which file.
    pub file: FileId,
    /// Who gets it.
    pub member: MemberId,
    /// Bytes of it that the member has, in this download and in those before.
    pub received_bytes: u64,
}

/// What is happening to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its bytes are coming in.
    Arriving,
    /// Its sender went silent; it can go on from `offset_bytes`.
    Stopped,
    /// All of it is here.
    Complete,
}
