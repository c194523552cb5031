//! A subscription: what one live socket needs to follow a room.

use std::sync::Arc;

use app::{
    room::{FileEntry, PassingEvent, Role, Room, Snapshot, Viewer},
    wire::ServerMessage,
};
use bytes::Bytes;
use tokio::sync::broadcast::Receiver;

use super::{
    RoomHandle,
    broadcast::{self, Broadcast, encode},
    snapshot_messages::SnapshotMessages,
    state::State,
};

/// The messages of a room for one socket, from the time of the subscription on.
#[derive(Debug)]
pub struct Subscription {
    /// The messages to send first, as JSON: either the missed events or a snapshot.
    pub first: Vec<Bytes>,
    /// The last revision that `first` contains. Broadcasts with this or an earlier revision must be skipped.
    pub revision: u64,
    /// Everything that is broadcast from now on.
    pub broadcasts: Receiver<Arc<Broadcast>>,
}

impl RoomHandle {
    /// Subscribes `viewer` to the room. `since` is the last revision that the viewer knows. Without one, or when the
    /// events after it are no longer kept, the subscription begins with a snapshot.
    #[must_use]
    pub fn subscribe(&self, since: Option<u64>, viewer: Viewer) -> Subscription {
        let mut state = self.lock();
        let broadcasts = state.broadcasts.get_or_insert_with(broadcast::channel).subscribe();
        let revision = state.committed.snapshot.revision;
        if let Some(mut first) = since.and_then(|since| state.events_after(since, viewer)) {
            let passing = state.passing_state(viewer);
            drop(state);
            first.extend(passing.into_iter().map(|event| encode(&ServerMessage::Passing { event })));
            first.push(encode(&ServerMessage::CaughtUp { revision }));
            return Subscription { first, revision, broadcasts };
        }
        let others = state.snapshot_without_files(viewer);
        let files = state.files_for(viewer);
        // What may be large is encoded after the lock is given back, so that nobody in the room waits for it.
        drop(state);
        let files = match files {
            FilesFor::Encoded(messages) => messages,
            FilesFor::Fresh { files, slot, version } => {
                let messages = SnapshotMessages::encode(self.pin(), files);
                if let Some(slot) = slot {
                    self.lock().encoded_files[slot] = Some((version, messages.clone()));
                }
                messages
            }
        };
        Subscription { first: files.with(others), revision, broadcasts }
    }
}

/// The files of a room for one viewer.
enum FilesFor {
    /// As they were encoded for somebody who sees the same.
    Encoded(SnapshotMessages),
    /// Still to be encoded.
    Fresh {
        /// The files.
        files: Vec<FileEntry>,
        /// Where the encoded files are kept for others who see the same; `None` if nobody does.
        slot: Option<usize>,
        /// The version of the list of files.
        version: u64,
    },
}

impl State {
    fn files_for(&self, viewer: Viewer) -> FilesFor {
        let files = &self.committed.snapshot.room.files;
        let slot = match viewer.role {
            Role::Owner => Some(0),
            Role::Guest if files.iter().any(|file| file.received_by.contains(&viewer.member)) => None,
            Role::Guest => Some(1),
        };
        let version = self.files_version;
        match slot.and_then(|slot| self.encoded_files[slot].as_ref()) {
            Some((encoded, messages)) if *encoded == version => FilesFor::Encoded(messages.clone()),
            _ => FilesFor::Fresh { files: files.iter().map(|file| file.clone().seen_by(viewer)).collect(), slot, version },
        }
    }

    /// The committed room as this viewer may see it, but with no files.
    fn snapshot_without_files(&self, viewer: Viewer) -> Snapshot {
        let Snapshot { revision, room } = &self.committed.snapshot;
        let Room { pin, created_at_ms, settings, members, files: _, snippets, parts, downloads, broken_downloads, closed } = room;
        let room = Room {
            pin: pin.clone(),
            created_at_ms: *created_at_ms,
            settings: *settings,
            members: members.clone(),
            files: Vec::new(),
            snippets: snippets.clone(),
            parts: parts.clone(),
            downloads: downloads.clone(),
            broken_downloads: broken_downloads.clone(),
            closed: *closed,
        };
        Snapshot { revision: *revision, room: room.seen_by(viewer) }
    }

    /// The passing events that bring this viewer up to date after the recorded ones.
    fn passing_state(&self, viewer: Viewer) -> Vec<PassingEvent> {
        let room = &self.committed.snapshot.room;
        room.passing_state().filter(|event| event.audience(|id| room.is_part(id)).includes(viewer)).collect()
    }
}
