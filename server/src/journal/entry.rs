//! What is given to the journal, and the changes of the database that the journal makes of it.

use app::room::{MemberId, Pin};
use serde::{Deserialize, Serialize};

use super::{JournalError, Recorded, RoomRecord, TokenHash};

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

/// One change of the database, in the form that the log stores. An entry becomes one change for each of its events.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Change {
    /// An event. With the first event of a room, `checkpoint` is the room before it; in logs of earlier versions, it is
    /// the room after this event, also with later ones.
    Append { pin: Pin, recorded: Box<Recorded>, token: Option<(TokenHash, MemberId)>, checkpoint: Option<Box<RoomRecord>> },
    /// Everything about the room is erased.
    Forget { pin: Pin },
}
