//! A part of a snapshot: the lists of a large room are divided among several messages, so that neither side has to hold
//! a long message in a buffer.

use serde::{Deserialize, Serialize};

use crate::room::{FileEntry, Member, Room, Snippet};

/// Some entries of each list of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPart {
    /// The next members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// The next files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileEntry>,
    /// The next texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snippets: Vec<Snippet>,
    /// The next parts of files that are still to be joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FileEntry>,
}

impl SnapshotPart {
    /// Adds the entries of the next part.
    pub fn extend(&mut self, next: Self) {
        let Self { members, files, snippets, parts } = next;
        self.members.extend(members);
        self.files.extend(files);
        self.snippets.extend(snippets);
        self.parts.extend(parts);
    }

    /// Makes the lists of `room`, which has only the entries after these, complete. Afterwards, this part is empty.
    pub fn complete(&mut self, room: &mut Room) {
        let Self { members, files, snippets, parts } = std::mem::take(self);
        room.members.splice(0..0, members);
        room.files.splice(0..0, files);
        room.snippets.splice(0..0, snippets);
        room.parts.splice(0..0, parts);
    }
}
