//! The messages of a snapshot. Its lists may be long, so they are divided among messages of moderate size, so that nobody on
//! their way needs a large buffer for one of them. The files, of which there are the most, are encoded once for all sockets
//! that want them.

use std::sync::Arc;

use app::{
    room::{FileEntry, Pin, Room, Snapshot},
    wire::ServerMessage,
};
use bytes::Bytes;
use serde::Serialize;

use super::broadcast::encode;

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
    /// Divides the files of the room with this PIN.
    pub(super) fn encode(pin: &Pin, files: Vec<FileEntry>) -> Self {
        let (messages, rest) = divide(pin, files, |room, files| room.files = files);
        Self { messages: messages.into(), rest: rest.into() }
    }

    /// All messages of a snapshot, of which everything but the files is given.
    pub(super) fn with(&self, mut snapshot: Snapshot) -> Vec<Bytes> {
        let Room { pin, members, snippets, parts, .. } = &mut snapshot.room;
        let (members_before, members_rest) = divide(pin, std::mem::take(members), |room, members| room.members = members);
        let (snippets_before, snippets_rest) = divide(pin, std::mem::take(snippets), |room, snippets| room.snippets = snippets);
        let (parts_before, parts_rest) = divide(pin, std::mem::take(parts), |room, parts| room.parts = parts);
        (*members, *snippets, *parts) = (members_rest, snippets_rest, parts_rest);
        snapshot.room.files = self.rest.to_vec();
        let files_before = self.messages.iter().cloned();
        let before = members_before.into_iter().chain(files_before).chain(snippets_before).chain(parts_before);
        before.chain([encode(&ServerMessage::Snapshot(snapshot))]).collect()
    }
}

/// Divides a list of the room with this PIN among messages of about [`MESSAGE_BYTES`], in which `put` sets the list.
/// Returns them, and the last entries, which are fewer than make a message.
fn divide<T: Serialize>(pin: &Pin, list: Vec<T>, put: impl Fn(&mut Room, Vec<T>)) -> (Vec<Bytes>, Vec<T>) {
    let (mut messages, mut next, mut next_bytes) = (Vec::new(), Vec::new(), 0);
    for entry in list {
        next_bytes += length(&entry);
        next.push(entry);
        if next_bytes >= MESSAGE_BYTES {
            let mut room = Room::new(pin.clone(), 0);
            put(&mut room, std::mem::take(&mut next));
            messages.push(encode(&ServerMessage::SnapshotPart(Snapshot { revision: 0, room })));
            next_bytes = 0;
        }
    }
    (messages, next)
}

/// How many bytes an entry has as JSON.
fn length(entry: &impl Serialize) -> usize {
    serde_json::to_vec(entry).map_or(0, |json| json.len())
}
