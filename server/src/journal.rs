//! The journal: the embedded database that remembers rooms, their tokens and their events.
//!
//! One at a time takes everything that waits and writes it at once: to a log in front of the database,
//! which survives the process, or with [`Sync::Always`] to the database itself, which survives the machine.
//! It tells each writer afterwards how it went. That is the journal's thread, or whoever may block and
//! wants to be spared the way there and back. What the events mean is left to `rooms`; here only their order
//! counts: an event is written only directly after the one before it, so that nothing can follow an event
//! that failed.

mod behind;
mod log;
mod store;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use app::room::{Member, MemberId, Pin, RoomEvent, Snapshot};
use serde::{Deserialize, Serialize};

use crate::durability::Sync;
use behind::Behind;
use log::Log;
use store::Store;
use writer::{Desk, Target, Writer};

/// SHA-256 of a token; the token itself is never kept.
pub type TokenHash = [u8; 32];

/// How many events of a room stay replayable at least.
pub const REPLAYABLE_EVENTS: u64 = 256;

/// A room with what its members must not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// The room, and the number of its last event.
    pub snapshot: Snapshot,
    /// Members who left, so that they get the same seat when they come back.
    pub departed: Vec<Member>,
}

impl RoomRecord {
    /// Folds event number `revision` in; a member who leaves is remembered.
    ///
    /// # Errors
    /// [`app::room::Gap`] when it does not follow.
    pub fn follow(&mut self, revision: u64, event: &RoomEvent) -> Result<(), app::room::Gap> {
        let leaver = match event {
            RoomEvent::MemberLeft { id } => self.snapshot.room.member(*id).cloned(),
            _ => None,
        };
        self.snapshot.follow(revision, event)?;
        if let RoomEvent::MemberJoined { member } = event {
            self.departed.retain(|departed| departed.id != member.id);
        }
        self.departed.extend(leaver);
        Ok(())
    }
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number.
    pub revision: u64,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub event: RoomEvent,
}

/// One event on its way into the journal.
pub struct Entry {
    /// Whose event.
    pub pin: Pin,
    /// The event.
    pub recorded: Recorded,
    /// A token that becomes valid with it.
    pub token: Option<(TokenHash, MemberId)>,
    /// The whole room after the event: given with the first one, and now and then to keep replays short.
    pub checkpoint: Option<Box<RoomRecord>>,
    /// Called once, wherever the event is written, after it is on disk or is known not to be.
    pub settle: Settle,
}

/// Told how it went.
pub type Settle = Box<dyn FnOnce(Result<(), JournalError>) + Send>;

/// What is done to the journal.
#[derive(Debug, Serialize, Deserialize)]
enum Change {
    Append { pin: Pin, recorded: Box<Recorded>, token: Option<(TokenHash, MemberId)>, checkpoint: Option<Box<RoomRecord>> },
    Forget { pin: Pin },
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("recorded", &self.recorded).finish_non_exhaustive()
    }
}

/// A room as the journal had it at the start.
#[derive(Debug)]
pub struct Recovered {
    /// The room with every event folded in.
    pub record: RoomRecord,
    /// The events that can be replayed, oldest first.
    pub events: Vec<Recorded>,
    /// Whose token is whose.
    pub tokens: Vec<(TokenHash, MemberId)>,
}

/// Why the journal did not take something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the database open.
    #[error("the database {0} is in use by another process")]
    Locked(String),
    /// The event before this one was not written.
    #[error("the event does not follow the last one written")]
    OutOfOrder,
    /// The database or the disk under it failed.
    #[error("the database failed: {0}")]
    Database(String),
    /// There is no room on the disk for it.
    #[error("the disk is full")]
    NoSpace,
    /// The journal is closed.
    #[error("the journal is closed")]
    Stopped,
}

enum Job {
    Append(Box<Entry>),
    Forget(Pin, Settle),
}

/// The way into the journal; closing it waits for everything that was given to it.
#[derive(Debug)]
pub struct Journal {
    desk: Arc<Desk>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Opens or creates the database file, beside which the log lies, and reads every room from it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it, otherwise what the database says.
    pub fn open(path: &Path, sync: Sync) -> Result<(Self, Vec<Recovered>), JournalError> {
        let failed = |error: std::io::Error| JournalError::Database(error.to_string());
        let store = Arc::new(Store::open(path)?);
        let (mut log, logged) = Log::open(&path.with_extension("log")).map_err(failed)?;
        let applied = store.applied()?;
        // The last process logged them, but the database had not followed yet.
        let missing: Vec<Change> = logged.into_iter().filter(|it| it.number > applied).map(|it| it.change).collect();
        let last = applied + missing.len() as u64;
        if !missing.is_empty() {
            store.write(&missing, last)?;
        }
        log.clear(last).map_err(failed)?;

        let recovered = store.recover()?;
        let revisions = recovered.iter().map(|room| (room.record.snapshot.room.pin.clone(), room.record.snapshot.revision)).collect();
        let target = match sync {
            Sync::Background => Target::Log(Behind::start(store, log).map_err(failed)?),
            Sync::Always => Target::Database(store),
        };
        let desk = Arc::new(Desk::new(Writer { target, revisions, last }));
        let at_desk = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || at_desk.run()).map_err(failed)?;
        Ok((Self { desk, thread: Some(thread).into() }, recovered))
    }

    /// Hands an event over; never blocks. With `heard`, the journal's thread writes it; without, somebody
    /// who [writes what waits](Self::write_waiting) right afterwards. A closed journal hands it back: whoever
    /// holds a lock that `settle` needs has to let go of it before settling the event with
    /// [`JournalError::Stopped`].
    #[must_use]
    pub fn append(&self, entry: Entry, heard: bool) -> Option<Entry> {
        match self.desk.add(Job::Append(Box::new(entry)), heard) {
            Err(Job::Append(entry)) => Some(*entry),
            Ok(()) | Err(Job::Forget(..)) => None,
        }
    }

    /// Writes what waits and settles it, in the caller's thread. Blocks, also while others write, and calls
    /// `settle` of their events too: no lock that one of them needs may be held.
    pub fn write_waiting(&self) {
        self.desk.write_waiting();
    }

    /// Erases everything about a room; returns when that is on disk.
    ///
    /// # Errors
    /// What the database says, or [`JournalError::Stopped`].
    pub async fn forget(&self, pin: Pin) -> Result<(), JournalError> {
        let (settled, outcome) = tokio::sync::oneshot::channel();
        let settle = Box::new(move |result| drop(settled.send(result)));
        if self.desk.add(Job::Forget(pin, settle), true).is_err() {
            return Err(JournalError::Stopped);
        }
        outcome.await.unwrap_or(Err(JournalError::Stopped))
    }

    /// Takes nothing more and waits until everything given before is on disk.
    pub fn close(&self) {
        self.desk.close();
        let thread = self.thread.lock().expect("no holder panics").take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
        self.desk.clear();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
