//! The journal: a log and an embedded database that keep rooms, their tokens and their events.
//!
//! Events wait in a queue. One thread at a time takes all waiting events and writes them together: to a log in front of
//! the database, which survives the end of the process, or with [`SyncMode::Always`] to the database itself, which
//! survives a power cut. Afterwards it tells everybody who added an event whether that was written. This thread is the
//! journal's own, or that of a caller that may block: writing in the caller's thread saves switching to the journal's
//! thread and back.
//!
//! What is written of a room is encrypted under a key of its own, which is overwritten when the room is erased, see
//! `keys.rs`.
//!
//! What the events mean is left to `rooms`; here only their order counts. An event is written only directly after the
//! one that it was decided on, so that no event can follow one that was not written.

mod entry;
mod error;
mod growth;
mod keys;
mod log;
mod logged_store;
mod queue;
mod recovery;
mod room_record;
mod store;
mod writer;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use app::room::{Pin, Room, Snapshot};

use crate::{durability::SyncMode, locks::lock};
use entry::{Change, Job};
use keys::Keys;
use log::Log;
use logged_store::{LoggedStore, MAX_LOG_BYTES};
use queue::WriteQueue;
use store::{Store, io_failed};
use writer::{Target, Writer, WrittenRoom};

pub use crate::token::TokenHash;
pub use entry::{Entry, OnWritten};
pub use error::JournalError;
pub use recovery::SetAside;
pub use room_record::{Recorded, Recovered, RoomRecord};

/// How many of a room's newest events can be replayed at least.
pub const REPLAYABLE_EVENTS: u64 = 256;

/// The open journal. Closing or dropping it waits until everything that was given to it is written.
#[derive(Debug)]
pub struct Journal {
    queue: Arc<WriteQueue>,
    thread: Mutex<Option<JoinHandle<()>>>,
    damaged: Option<SetAside>,
}

impl Journal {
    /// The path of the file with the keys of the rooms in the database at `path`.
    #[must_use]
    pub fn keys_of(path: &Path) -> PathBuf {
        path.with_extension("keys")
    }

    /// Returns whether there are keys of rooms for the database at `path`, which need not be there.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn has_keys(path: &Path) -> std::io::Result<bool> {
        let keys = Self::keys_of(path);
        Ok(keys.try_exists()? && !Keys::open(&keys)?.rooms().is_empty())
    }

    /// Opens or creates the database file at `path`, and the log and the keys beside it, and reads every room from them.
    /// What is damaged is [set aside](Self::damaged).
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has the database open, otherwise the error of the database or of
    /// another file.
    pub fn open(path: &Path, sync: SyncMode) -> Result<(Self, Vec<Recovered>), JournalError> {
        let failed = |error: std::io::Error| io_failed(&error);
        let keys = Arc::new(Keys::open(&Self::keys_of(path)).map_err(failed)?);
        let folder = SetAside::beside(path);
        let store = Store::open(path, Arc::clone(&keys))?;
        let is_whole = store.is_whole();
        let (store, damaged) = if is_whole { (store, Vec::new()) } else { store.salvage(&folder)? };
        let store = Arc::new(store);
        let log_path = path.with_extension("log");
        let (mut log, logged) = Log::open(&log_path).map_err(failed)?;
        if logged.is_damaged {
            folder.copy(&log_path).map_err(failed)?;
        }
        let applied = store.applied()?;
        // These are the changes that the last process logged but did not apply to the database.
        let missing = logged.changes.into_iter().filter(|it| it.number > applied);
        let (numbers, missing): (Vec<u64>, Vec<Change>) = missing.map(|it| (it.number, it.change)).unzip();
        let last = numbers.last().copied().unwrap_or(applied);
        if !missing.is_empty() {
            store.write(&missing, last)?;
        }
        if logged.is_damaged {
            let lost = last.saturating_sub(applied + missing.len() as u64);
            tracing::error!(changes.recovered = missing.len(), changes.lost = lost, folder = %folder.path().display(),
                "the log is damaged; a copy was set aside");
        }
        log.clear(last).map_err(failed)?;

        let mut recovery = store.recover()?;
        recovery.damaged.extend(damaged);
        store.set_aside(&recovery, &folder)?;
        let damaged = (!is_whole || logged.is_damaged || recovery.has_gaps || !recovery.damaged.is_empty()).then_some(folder);
        let mut rooms = HashMap::new();
        let mut recovered = Vec::with_capacity(recovery.rooms.len());
        for (key, room) in recovery.rooms {
            let Snapshot { revision, room: Room { pin, .. } } = &room.record.snapshot;
            rooms.insert(pin.clone(), WrittenRoom { key, revision: *revision });
            recovered.push(room);
        }
        let target = match sync {
            SyncMode::Background => Target::Logged(LoggedStore::start(store, log, MAX_LOG_BYTES).map_err(failed)?),
            SyncMode::Always => Target::Database(store),
        };
        let queue = Arc::new(WriteQueue::new(Writer { target, rooms, keys, last }));
        let written = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || written.run()).map_err(failed)?;
        Ok((Self { queue, thread: Some(thread).into(), damaged }, recovered))
    }

    /// Where to put files that no room knows, if something was damaged when the journal was opened: they may belong to
    /// what is missing.
    #[must_use]
    pub fn damaged(&self) -> Option<&SetAside> {
        self.damaged.as_ref()
    }

    /// Adds events to the queue; never blocks. Afterwards the caller has to [wake](Self::wake_writer) the journal's
    /// thread or [write what waits](Self::write_waiting), so that they are written. A closed journal returns the entry.
    /// The caller then has to call its `on_written` with [`JournalError::Stopped`], and must not hold a lock that this
    /// needs.
    #[must_use]
    pub fn append(&self, entry: Entry) -> Option<Entry> {
        match self.queue.add(Job::Append(Box::new(entry))) {
            Err(Job::Append(entry)) => Some(*entry),
            Ok(()) | Err(Job::Forget(..)) => None,
        }
    }

    /// Wakes the journal's thread, which writes what waits in the queue.
    pub fn wake_writer(&self) {
        self.queue.wake_writer();
    }

    /// Writes what waits in the queue, in the caller's thread. This blocks, also while another thread writes. It calls
    /// `on_written` of all entries that it writes, other callers' too, so the caller must not hold a lock that one of
    /// these needs.
    pub fn write_waiting(&self) {
        self.queue.write_waiting();
    }

    /// Erases everything about a room; returns when that is written.
    ///
    /// # Errors
    /// The error of the log or of the database, or [`JournalError::Stopped`].
    pub async fn forget(&self, pin: Pin) -> Result<(), JournalError> {
        let (tell, written) = tokio::sync::oneshot::channel();
        let on_written = Box::new(move |outcome| {
            #[expect(clippy::let_underscore_must_use, reason = "it fails only when the caller no longer waits for the outcome")]
            let _ = tell.send(outcome);
        });
        if self.queue.add(Job::Forget(pin, on_written)).is_err() {
            return Err(JournalError::Stopped);
        }
        self.queue.wake_writer();
        written.await.unwrap_or(Err(JournalError::Stopped))
    }

    /// Accepts nothing more, and waits until everything that was given before is written.
    pub fn close(&self) {
        self.queue.close();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
        self.queue.drop_writer();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
