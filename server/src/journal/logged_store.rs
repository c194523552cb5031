//! The database behind a log: changes are written to the log first, and one thread applies them to the database later,
//! in large transactions.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use super::{
    JournalError,
    entry::Change,
    log::Log,
    store::{Store, io_failed},
};
use crate::locks::{lock, wait_while};

/// The length of the log, in bytes, above which writers wait for the database.
pub(super) const MAX_LOG_BYTES: u64 = 64 << 20;
/// How long changes are gathered for one transaction. Nobody waits for the transaction, and a large one costs little
/// more than a small one.
const GATHERING: Duration = Duration::from_millis(50);
/// How long the thread waits before it tries a failed transaction again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The log, and a handle to the thread that applies it to the database.
#[derive(Debug)]
pub(super) struct LoggedStore {
    log: Arc<SharedLog>,
    /// Sends logged changes to the thread; `None` once nothing more will be sent.
    logged: Option<mpsc::Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

/// The log, to which writers add changes and which the thread clears.
#[derive(Debug)]
struct SharedLog {
    state: Mutex<LogState>,
    /// Notified when the log was cleared, and when applying it failed.
    changed: Condvar,
    /// The length of the log, in bytes, above which writers wait for the database.
    max_bytes: u64,
}

#[derive(Debug)]
struct LogState {
    log: Log,
    /// Why the last try to apply the log to the database failed; `None` if it did not fail.
    failure: Option<JournalError>,
}

/// Changes that are in the log and are to be applied to the database.
struct Batch {
    changes: Vec<Change>,
    /// Number of the last of them.
    last: u64,
}

impl LoggedStore {
    /// Starts the thread. Writers wait for the database while the log has more than `max_bytes` bytes.
    pub(super) fn start(store: Arc<Store>, log: Log, max_bytes: u64) -> io::Result<Self> {
        let log = Arc::new(SharedLog { state: Mutex::new(LogState { log, failure: None }), changed: Condvar::new(), max_bytes });
        let (logged, waiting) = mpsc::channel();
        let shared = Arc::clone(&log);
        let thread = std::thread::Builder::new().name("journal-disk".to_owned()).spawn(move || apply(&store, &shared, &waiting))?;
        Ok(Self { log, logged: Some(logged), thread: Some(thread) })
    }

    /// Writes changes, numbered from `first`, to the log, and sends them to the thread. When this returns, they survive
    /// the end of the process. If the log is long already, this waits until the database has caught up.
    ///
    /// # Errors
    /// The error of the log, or that of a database that fails while the log is too long to take more. Nothing is
    /// written then.
    pub(super) fn write(&self, first: u64, changes: Vec<Change>) -> Result<(), JournalError> {
        {
            let too_long = |state: &LogState| state.log.length() > self.log.max_bytes;
            let mut state = wait_while(&self.log.changed, lock(&self.log.state), |state| too_long(state) && state.failure.is_none());
            if let Some(failure) = state.failure.clone().filter(|_| too_long(&state)) {
                return Err(failure);
            }
            state.log.append(first, &changes).map_err(|error| io_failed(&error))?;
        }
        if let Some(logged) = &self.logged {
            let last = first + changes.len() as u64 - 1;
            #[expect(clippy::let_underscore_must_use, reason = "the thread ends only after this sender is dropped")]
            let _ = logged.send(Batch { changes, last });
        }
        Ok(())
    }
}

impl Drop for LoggedStore {
    /// Waits until the thread has applied everything to the database, or has left to the next start what the database
    /// refuses.
    fn drop(&mut self) {
        self.logged = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the database's thread panicked");
        }
    }
}

/// Applies logged changes to the database, until the sender is dropped. This is what the thread runs.
fn apply(store: &Store, shared: &SharedLog, waiting: &mpsc::Receiver<Batch>) {
    while let Ok(mut batch) = waiting.recv() {
        // While the thread sleeps, further changes do not wake it, as they would if it waited for them.
        std::thread::sleep(GATHERING);
        for more in waiting.try_iter() {
            batch.changes.extend(more.changes);
            batch.last = more.last;
        }
        while let Err(error) = apply_batch(store, shared, &mut batch) {
            tracing::error!(journal.changes = batch.changes.len(), %error, "the database takes nothing now; the log keeps it");
            store.close();
            lock(&shared.state).failure = Some(error);
            shared.changed.notify_all();
            // The thread may give up when nothing more will be sent: all changes are in the log, and the next start
            // writes them to the database.
            match waiting.recv_timeout(RETRY_PAUSE) {
                Ok(more) => {
                    batch.changes.extend(more.changes);
                    batch.last = more.last;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
        lock(&shared.state).failure = None;
        shared.changed.notify_all();
        if let Err(error) = store.make_checkpoints() {
            tracing::warn!(%error, "a checkpoint could not be made; the events are kept");
        }
    }
}

/// Applies a batch to the database, and clears the log if nothing follows the batch in it. After an error this can be
/// called again: what the database has taken is no longer in the batch then.
fn apply_batch(store: &Store, shared: &SharedLog, batch: &mut Batch) -> Result<(), JournalError> {
    if !batch.changes.is_empty() {
        store.write(&batch.changes, batch.last)?;
        batch.changes.clear();
    }
    lock(&shared.state).log.clear(batch.last).map_err(|error| io_failed(&error))
}

#[cfg(test)]
mod tests {
    use super::{super::keys::Keys, *};

    fn forget() -> Vec<Change> {
        vec![Change::Forget { room: 7 }]
    }

    #[test]
    fn a_database_that_fails_stops_nobody_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("database");
        let keys = Arc::new(Keys::open(&folder.path().join("keys")).unwrap());
        let store = Arc::new(Store::open(&database, keys).unwrap());
        let (log, _) = Log::open(&folder.path().join("log")).unwrap();
        // With this limit, the log is too long as soon as there is anything in it.
        let logged = LoggedStore::start(Arc::clone(&store), log, 0).unwrap();
        store.close();
        std::fs::rename(&database, folder.path().join("kept")).unwrap();
        std::fs::create_dir(&database).unwrap();
        logged.write(1, forget()).unwrap();
        assert!(logged.write(2, forget()).is_err());

        std::fs::remove_dir(&database).unwrap();
        std::fs::rename(folder.path().join("kept"), &database).unwrap();
        while logged.write(2, forget()).is_err() {
            std::thread::yield_now();
        }
        drop(logged);
        assert_eq!(store.applied().unwrap(), 2);
    }
}
