//! What is given to the journal, and the changes of the database that the journal makes of it.

use app::room::{MemberId, Pin, RoomEvent};
use serde::{Deserialize, Serialize};

use super::{
    JournalError, Recorded, RoomRecord, TokenHash,
    keys::{Kind, RoomId, RoomKey},
};

/// Events of one room that were decided together and are to be written.
pub struct Entry {
    /// The PIN of the room.
    pub pin: Pin,
    /// The room before its first event: given with that event only, because it creates the room in the journal.
    pub new_room: Option<Box<RoomRecord>>,
    /// The events, each directly after the one before; at least one.
    pub events: Vec<Recorded>,
    /// A token that becomes valid with the first of the events.
    pub token: Option<(TokenHash, MemberId)>,
    /// Called once, in the thread that writes, as soon as the events are written or are known not to be.
    pub on_written: OnWritten,
}

/// Receives the outcome of writing an entry or of erasing a room.
pub type OnWritten = Box<dyn FnOnce(Result<(), JournalError>) + Send>;

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("events", &self.events).finish_non_exhaustive()
    }
}

/// A task in the journal's queue.
pub(super) enum Job {
    /// Write events.
    Append(Box<Entry>),
    /// Erase everything about a room.
    Forget(Pin, OnWritten),
}

/// One change of the database, in the form that the log stores. An entry becomes one change for each of its events. What
/// it says of the room is sealed under the key of the room.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Change {
    /// An event.
    Append {
        room: RoomId,
        /// The revision of the room after the event.
        revision: u64,
        /// The event.
        event: Vec<u8>,
        /// The room before its first event, given with that event.
        new_room: Option<NewRoom>,
        /// A token that is valid from now on.
        token: Option<NewToken>,
        /// The tag of the member whose tokens are not valid any more.
        revoked: Option<u64>,
    },
    /// Everything about the room is erased.
    Forget { room: RoomId },
}

/// What is written of a new room besides its first event.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NewRoom {
    /// The PIN. It is a row of its own, so that a room can be named whose other rows are damaged.
    pub(super) pin: Vec<u8>,
    /// The room before its first event.
    pub(super) checkpoint: Vec<u8>,
}

/// A new token.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NewToken {
    /// The [tag](super::keys::RoomKey::tag_of) of the member to whom the token belongs.
    pub(super) tag: u64,
    /// The hash of the token, and the member.
    pub(super) token: Vec<u8>,
}

impl Change {
    /// An event of the room with this key.
    ///
    /// # Errors
    /// [`JournalError::Database`] when something cannot be written as JSON.
    pub(super) fn append(
        key: &RoomKey,
        recorded: &Recorded,
        new_room: Option<&RoomRecord>,
        token: Option<&(TokenHash, MemberId)>,
    ) -> Result<Self, JournalError> {
        let revision = recorded.revision;
        let new_room = match new_room {
            Some(record) => Some(NewRoom {
                pin: key.seal(Kind::Pin, 0, record.snapshot.room.pin.as_str().as_bytes()),
                checkpoint: key.seal(Kind::Checkpoint, 0, &json(record)?),
            }),
            None => None,
        };
        let token = match token {
            Some(token) => Some(NewToken { tag: key.tag_of(token.1), token: key.seal(Kind::Token, revision, &json(token)?) }),
            None => None,
        };
        let revoked = match &recorded.event {
            RoomEvent::MemberForgotten { id } => Some(key.tag_of(*id)),
            _ => None,
        };
        Ok(Self::Append { room: key.room, revision, event: key.seal(Kind::Event, revision, &json(recorded)?), new_room, token, revoked })
    }
}

/// The JSON of a row.
pub(super) fn json(row: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(row).map_err(|error| JournalError::Database(error.to_string()))
}
