//! The messages of a snapshot. The files of a room may be many, so they are encoded once for all sockets that want them,
//! and divided among messages of moderate size: a socket copies only the message that it is sending.

use std::sync::Arc;

use app::{
    room::{FileEntry, Snapshot},
    wire::ServerMessage,
};
use bytes::Bytes;

use super::state::encode;

/// About how many bytes one message with files has.
const MESSAGE_BYTES: usize = 32 * 1024;
/// About how many bytes of JSON a file has without its name.
const ENTRY_BYTES: usize = 320;

/// The files of a snapshot, as encoded messages, and those that go into the snapshot itself. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct SnapshotMessages {
    messages: Arc<[Bytes]>,
    /// The last files, fewer than make a message of their own.
    rest: Arc<[FileEntry]>,
}

impl SnapshotMessages {
    pub(super) fn encode(files: Vec<FileEntry>) -> Self {
        let mut messages = Vec::new();
        let (mut next, mut next_bytes) = (Vec::new(), 0);
        for file in files {
            next_bytes += ENTRY_BYTES + file.name.as_str().len();
            next.push(file);
            if next_bytes >= MESSAGE_BYTES {
                messages.push(encode(&ServerMessage::SnapshotFiles { files: std::mem::take(&mut next) }));
                next_bytes = 0;
            }
        }
        Self { messages: messages.into(), rest: next.into() }
    }

    /// All messages of a snapshot, of which everything but the files is given.
    pub(super) fn with(&self, mut snapshot: Snapshot) -> Vec<Bytes> {
        snapshot.room.files = self.rest.to_vec();
        let last = encode(&ServerMessage::Snapshot(snapshot));
        self.messages.iter().cloned().chain([last]).collect()
    }
}
