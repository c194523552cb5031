//! What is given to the journal, and the changes of the database that the journal makes of it.

use app::room::{MemberId, Pin};
use serde::{Deserialize, Serialize};

use super::{JournalError, Recorded, RoomRecord, TokenHash};

/// Events of one room that were decided together and are to be written.
pub struct Entry {
    /// The PIN of the room.
    pub pin: Pin,
    /// The events, each directly after the one before; at least one.
    pub events: Vec<DecidedEvent>,
    /// A token that becomes valid with the first of the events.
    pub token: Option<(TokenHash, MemberId)>,
    /// Called once, in the thread that writes, as soon as the events are written or are known not to be.
    pub on_written: OnWritten,
}

/// A decided event and, with some events, the whole room after it.
#[derive(Debug)]
pub struct DecidedEvent {
    /// The event.
    pub recorded: Recorded,
    /// The room after the event: given with the first event of a room, and later to keep replays short.
    pub checkpoint: Option<Box<RoomRecord>>,
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
    Append { pin: Pin, recorded: Box<Recorded>, token: Option<(TokenHash, MemberId)>, checkpoint: Option<Box<RoomRecord>> },
    Forget { pin: Pin },
}
