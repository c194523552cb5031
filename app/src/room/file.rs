//! A file of a room.

use serde::{Deserialize, Serialize};

use super::{FileId, FileName, MemberId, Sha256};

/// One file of the room. Parts, which will be joined into a file, are described in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Identifies the file on the wire and on disk.
    pub id: FileId,
    /// The name that the sender gave the file. It is text to show, and never used as a path.
    pub name: FileName,
    /// The media type that the sender declared; empty when there is none.
    pub media_type: String,
    /// The declared length of the whole file in bytes; `None` while the sender has not declared it.
    pub size_bytes: Option<u64>,
    /// How many bytes of the file have arrived.
    pub offset_bytes: u64,
    /// How far the upload of the file is.
    pub state: FileState,
    /// CRC-32 (ISO-HDLC) of the whole file; known once the file is complete.
    pub crc32: Option<u32>,
    /// SHA-256 of the whole file; known some moments after the file is complete.
    #[serde(default)]
    pub sha256: Option<Sha256>,
    /// When the file was added, in milliseconds since the Unix epoch.
    pub added_at_ms: u64,
    /// When the file was last changed on the sender's device, in milliseconds since the Unix epoch, if the sender told.
    #[serde(default)]
    pub modified_at_ms: Option<u64>,
    /// The parts that the file was joined from (tus concatenation); empty for every other file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined_from: Vec<FileId>,
    /// The members to whom all of the file was sent, in the order in which they got it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received_by: Vec<MemberId>,
    /// Whether the server has a thumbnail of the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_thumbnail: bool,
}

/// About how many bytes the id of a part takes in the list of the room.
const PART_ID_BYTES: usize = 35;

impl FileEntry {
    /// The media type of a folder with nothing in it. An entry of this type and of no bytes stands for such a folder: its
    /// name is the folder's path, and archives have the folder instead of a file. Folders with something in them are known
    /// by the names of their files.
    pub const FOLDER: &str = "inode/directory";

    /// Whether this stands for a folder with nothing in it.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.size_bytes == Some(0) && self.media_type == Self::FOLDER
    }

    /// How many bytes of what the sender chose are in the room because of this file: its name, its media type and the
    /// ids of its parts.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.name.as_str().len() + self.media_type.len() + PART_ID_BYTES * self.joined_from.len()
    }

    /// When the file was changed last, in milliseconds since 1970: as its sender says, but not after it was added.
    #[must_use]
    pub fn changed_at_ms(&self) -> u64 {
        self.modified_at_ms.map_or(self.added_at_ms, |modified_at_ms| modified_at_ms.min(self.added_at_ms))
    }
}

/// How far the upload of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// The file was announced or is being received.
    Arriving,
    /// The sender stopped sending. The upload can continue at `offset_bytes`.
    Stopped,
    /// The whole file has arrived.
    Complete,
}
