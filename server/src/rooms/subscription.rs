//! The subscription of one socket to a room.

use app::{room::Role, wire::ServerMessage};
use bytes::Bytes;
use tokio::sync::broadcast::Receiver;

use super::{RoomHandle, broadcast::Broadcast, state::encode};

/// The messages of a room for one socket, from the time of the subscription on.
#[derive(Debug)]
pub struct Subscription {
    /// The messages to send first, as JSON: either the missed events or a snapshot.
    pub first: Vec<Bytes>,
    /// The last revision that `first` contains. Broadcasts with this or an earlier revision must be skipped.
    pub revision: u64,
    /// Everything that is broadcast from now on.
    pub broadcasts: Receiver<Broadcast>,
}

impl RoomHandle {
    /// Subscribes to the room for somebody with this role. `since` is the last revision that the subscriber knows.
    /// Without one, or when the events after it are no longer kept, the subscription begins with a snapshot.
    #[must_use]
    pub fn subscribe(&self, since: Option<u64>, role: Role) -> Subscription {
        let state = self.lock();
        let broadcasts = self.inner.broadcasts.subscribe();
        let revision = state.committed.snapshot.revision;
        let first = match since.and_then(|since| state.events_after(since)) {
            Some(mut texts) => {
                let room = state.snapshot_for(role).room;
                texts.extend(room.passing_state().map(|event| encode(&ServerMessage::Passing { event })));
                texts.push(encode(&ServerMessage::CaughtUp { revision }));
                texts
            }
            None => vec![encode(&ServerMessage::Snapshot(state.snapshot_for(role)))],
        };
        Subscription { first, revision, broadcasts }
    }
}
