//! The database behind a log: changes are written to the log first, and one thread applies them to the database later,
//! in large transactions.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use super::{JournalError, entry::Change, log::Log, store::Store};
use crate::locks::{lock, wait_while};

/// The length of the log, in bytes, above which writers wait for the database.
const MAX_LOG_BYTES: u64 = 64 << 20;
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
    log: Mutex<Log>,
    cleared: Condvar,
}

/// Changes that are in the log and are to be applied to the database.
struct Batch {
    changes: Vec<Change>,
    /// Number of the last of them.
    last: u64,
}

impl LoggedStore {
    /// Starts the thread.
    pub(super) fn start(store: Arc<Store>, log: Log) -> io::Result<Self> {
        let log = Arc::new(SharedLog { log: Mutex::new(log), cleared: Condvar::new() });
        let (logged, waiting) = mpsc::channel();
        let shared = Arc::clone(&log);
        let thread = std::thread::Builder::new().name("journal-disk".to_owned()).spawn(move || apply(&store, &shared, &waiting))?;
        Ok(Self { log, logged: Some(logged), thread: Some(thread) })
    }

    /// Writes changes, numbered from `first`, to the log, and sends them to the thread. When this returns, they survive
    /// the end of the process.
    pub(super) fn write(&self, first: u64, changes: Vec<Change>) -> Result<(), JournalError> {
        {
            let mut log = wait_while(&self.log.cleared, lock(&self.log.log), |log| log.length() > MAX_LOG_BYTES);
            log.append(first, &changes).map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::NoSpace,
                _ => JournalError::Database(error.to_string()),
            })?;
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
        while let Err(error) = store.write(&batch.changes, batch.last) {
            tracing::error!(journal.changes = batch.changes.len(), %error, "the database takes nothing now; the log keeps it");
            store.close();
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
        if let Err(error) = lock(&shared.log).clear(batch.last) {
            tracing::warn!(%error, "the journal's log could not be cleared");
        }
        shared.cleared.notify_all();
    }
}
