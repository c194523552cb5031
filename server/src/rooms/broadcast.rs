//! The broadcast of a room: the messages that all of its sockets get.

use std::sync::Arc;

use app::{
    room::{Audience, MemberId},
    wire::ServerMessage,
};
use bytes::Bytes;
use tokio::sync::broadcast::Sender;

/// How many messages a socket may fall behind before it gets a snapshot instead. Each place takes 32 bytes in every room in
/// which somebody is.
const BACKLOG: usize = 128;

/// A message for everybody in the room. It is encoded once for all sockets.
#[derive(Debug)]
pub struct Broadcast {
    /// The message as JSON.
    pub text: Bytes,
    /// The revision, when the message is a recorded event.
    pub revision: Option<u64>,
    /// Who may get it.
    pub audience: Audience,
    /// The member whose seat the event gave up for good, so that this is the last message to that member's sockets.
    pub forgotten: Option<MemberId>,
    /// Whether it is the last message, because the room was closed.
    pub last: bool,
}

/// The channel from a room to its sockets. It has a place for each message of the backlog from the beginning, so the places
/// are small.
pub(super) fn channel() -> Sender<Arc<Broadcast>> {
    Sender::new(BACKLOG)
}

/// Encodes the message that stands for an event which the receiver may not see.
pub(super) fn encode_unseen(revision: u64) -> Bytes {
    encode(&ServerMessage::Unseen { revision })
}

/// Encodes a message as JSON, as it is sent to sockets.
pub(super) fn encode(message: &ServerMessage) -> Bytes {
    serde_json::to_vec(message).expect("messages have string keys and no failing parts").into()
}
