//! The messages of the live socket, which are JSON objects with a `type`, and the codes with which the server closes
//! it. Each is a text message of its own, unless the client asks for batches
//! ([`live_in_batches`](super::live_in_batches)).

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::room::{FileId, PassingEvent, RoomEvent, Snapshot};

/// The close code with which the server ends every socket of a closed room.
pub const CLOSE_ROOM_CLOSED: u16 = 4001;
/// The close code of a server that is stopping: the client should connect again in a moment ("service restart" in the
/// registry of RFC 6455).
pub const CLOSE_RESTART: u16 = 1012;
/// The interval in seconds at which the server sends a heartbeat. Each side gives the connection up when it has heard
/// nothing for about two intervals.
pub const HEARTBEAT_SECS: u32 = 20;

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The room as it is now. It is the first message to a client that connects without `since`, and replaces events
    /// that the server cannot replay any more. The lists of a large room begin in the [`Self::SnapshotPart`]s before it.
    Snapshot(Snapshot),
    /// Some entries of the lists of the snapshot that follows, in their order: nothing else in it counts. A client that is
    /// interrupted before the snapshot has nothing yet.
    SnapshotPart(Snapshot),
    /// The next recorded event.
    Event {
        /// The number of the event.
        revision: u64,
        /// What happened.
        event: RoomEvent,
    },
    /// The next recorded event is none of this client's business: only its number counts.
    Unseen {
        /// The number of the event.
        revision: u64,
    },
    /// A passing event, which has no number and is never stored.
    Passing {
        /// What happened.
        event: PassingEvent,
    },
    /// The client, which connected with `since`, has been sent every event that it missed.
    CaughtUp {
        /// The number of the room's last recorded event.
        revision: u64,
    },
    /// A sign that the connection works. It is a message of its own, because pages cannot see WebSocket pings.
    Heartbeat,
    /// A message of the client was refused.
    Problem(Problem),
}

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// What the page knows of its device and the user agent string does not tell.
    Hello {
        /// `navigator.maxTouchPoints`. It tells an iPad, whose user agent claims to be a Mac, from a Mac, which has
        /// none.
        touch_points: u32,
    },
    /// This tab came to the front or went to the back.
    Visibility {
        /// Whether the tab is visible.
        visible: bool,
    },
    /// The member wants another name.
    Rename {
        /// The new name. The server checks it.
        name: String,
    },
    /// The owner locks the room against new members, or unlocks it.
    SetLocked {
        /// Whether the room is to be locked.
        locked: bool,
    },
    /// The owner's tab paused an upload. The server has to be told, because it cannot tell a paused upload from one
    /// that is between two chunks.
    UploadPaused {
        /// The file whose upload is paused.
        id: FileId,
    },
    /// Asks whether the connection works. The server answers with [`ServerMessage::Heartbeat`].
    Heartbeat,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{Pin, Room};

    #[test]
    fn messages_are_objects_with_a_type() {
        let pin: Pin = "042913".parse().unwrap();
        let message = ServerMessage::Snapshot(Snapshot { revision: 3, room: Room::new(pin, 5) });
        assert_eq!(
            serde_json::to_value(&message).unwrap(),
            serde_json::json!({
                "type": "snapshot",
                "revision": 3,
                "room": {
                    "pin": "042913", "created_at_ms": 5, "settings": {"locked": false},
                    "members": [], "files": [], "closed": null,
                },
            })
        );
        let said: ClientMessage = serde_json::from_str(r#"{"type":"rename","name":"Ada"}"#).unwrap();
        assert_eq!(said, ClientMessage::Rename { name: "Ada".to_owned() });
    }
}
