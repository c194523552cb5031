//! The messages of a snapshot. Its lists may be long, so they are divided among messages that fit into the buffer of a
//! socket: a buffer that had to grow for one of them would stay large. The files, of which there are the most, are encoded
//! once for all sockets that want them.

use std::sync::Arc;

use app::{
    room::{FileEntry, Room, Snapshot},
    wire::{ServerMessage, SnapshotPart},
};
use bytes::Bytes;
use serde::Serialize;

use super::state::encode;

/// The size of a message at which it takes no further entry, in bytes of JSON.
const MESSAGE_BYTES: usize = 3 * 1024;

/// The files of a snapshot, as encoded messages, and those that go into the snapshot itself. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct SnapshotMessages {
    messages: Arc<[Bytes]>,
    /// The last files, fewer than make a message of their own.
    rest: Arc<[FileEntry]>,
}

impl SnapshotMessages {
    pub(super) fn encode(files: Vec<FileEntry>) -> Self {
        let (messages, rest) = divide(files, |files| SnapshotPart { files, ..SnapshotPart::default() });
        Self { messages: messages.into(), rest: rest.into() }
    }

    /// All messages of a snapshot, of which everything but the files is given.
    pub(super) fn with(&self, snapshot: Snapshot) -> Vec<Bytes> {
        let Snapshot { revision, room } = snapshot;
        let (members, members_rest) = divide(room.members, |members| SnapshotPart { members, ..SnapshotPart::default() });
        let (snippets, snippets_rest) = divide(room.snippets, |snippets| SnapshotPart { snippets, ..SnapshotPart::default() });
        let (parts, parts_rest) = divide(room.parts, |parts| SnapshotPart { parts, ..SnapshotPart::default() });
        let room = Room { members: members_rest, files: self.rest.to_vec(), snippets: snippets_rest, parts: parts_rest, ..room };
        let last = encode(&ServerMessage::Snapshot(Snapshot { revision, room }));
        members.into_iter().chain(self.messages.iter().cloned()).chain(snippets).chain(parts).chain([last]).collect()
    }
}

/// Divides a list among messages of about [`MESSAGE_BYTES`]. Returns them, and the last entries, which are fewer than make
/// a message.
fn divide<T: Serialize>(list: Vec<T>, part: impl Fn(Vec<T>) -> SnapshotPart) -> (Vec<Bytes>, Vec<T>) {
    let (mut messages, mut next, mut next_bytes) = (Vec::new(), Vec::new(), 0);
    for entry in list {
        next_bytes += length(&entry);
        next.push(entry);
        if next_bytes >= MESSAGE_BYTES {
            messages.push(encode(&ServerMessage::SnapshotPart(part(std::mem::take(&mut next)))));
            next_bytes = 0;
        }
    }
    (messages, next)
}

/// How many bytes an entry has as JSON.
fn length(entry: &impl Serialize) -> usize {
    serde_json::to_vec(entry).map_or(0, |json| json.len())
}
