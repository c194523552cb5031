//! The database behind the log: one thread takes what was logged, in large transactions.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use super::{Change, JournalError, log::Log, store::Store};

/// How long the log may become before writers wait for the database.
const MAX_LOG_BYTES: u64 = 64 << 20;
/// How long changes are collected for one transaction: nobody waits for it, and a large one costs little
/// more than a small one.
const COLLECTING: Duration = Duration::from_millis(50);
/// A pause before a transaction that the disk refused is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The log, and the way to the thread.
#[derive(Debug)]
pub(super) struct Behind {
    log: Arc<(Mutex<Log>, Condvar)>,
    logged: Option<mpsc::Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

/// Changes that are in the log.
struct Batch {
    changes: Vec<Change>,
    /// Number of the last of them.
    last: u64,
}

impl Behind {
    pub(super) fn start(store: Arc<Store>, log: Log) -> io::Result<Self> {
        let log = Arc::new((Mutex::new(log), Condvar::new()));
        let (logged, waiting) = mpsc::channel();
        let shared = Arc::clone(&log);
        let thread = std::thread::Builder::new().name("journal-disk".to_owned()).spawn(move || run(&store, &shared, &waiting))?;
        Ok(Self { log, logged: Some(logged), thread: Some(thread) })
    }

    /// Logs changes, numbered from `first`: from now on they survive the process.
    pub(super) fn log(&self, first: u64, changes: &[Change]) -> Result<(), JournalError> {
        let (log, cleared) = &*self.log;
        let log = log.lock().expect("no holder panics");
        let mut log = cleared.wait_while(log, |log| log.length() > MAX_LOG_BYTES).expect("no holder panics");
        log.append(first, changes).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::NoSpace,
            _ => JournalError::Database(error.to_string()),
        })
    }

    /// Hands logged changes on to the database.
    pub(super) fn follow(&self, changes: Vec<Change>, last: u64) {
        if let Some(logged) = &self.logged {
            // The thread ends only after this is dropped.
            drop(logged.send(Batch { changes, last }));
        }
    }
}

impl Drop for Behind {
    /// Waits until the database has everything.
    fn drop(&mut self) {
        self.logged = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the database's thread panicked");
        }
    }
}

fn run(store: &Store, log: &(Mutex<Log>, Condvar), waiting: &mpsc::Receiver<Batch>) {
    while let Ok(mut batch) = waiting.recv() {
        // Not woken by what comes meanwhile.
        std::thread::sleep(COLLECTING);
        for more in waiting.try_iter() {
            batch.changes.extend(more.changes);
            batch.last = more.last;
        }
        while let Err(error) = store.write(&batch.changes, batch.last) {
            tracing::error!(journal.changes = batch.changes.len(), %error, "the database takes nothing now; the log keeps it");
            store.close();
            // Everything is in the log: what cannot be written now is at the next start.
            match waiting.recv_timeout(RETRY_PAUSE) {
                Ok(more) => {
                    batch.changes.extend(more.changes);
                    batch.last = more.last;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
        let (file, cleared) = log;
        if let Err(error) = file.lock().expect("no holder panics").clear(batch.last) {
            tracing::warn!(%error, "the journal's log could not be cleared");
        }
        cleared.notify_all();
    }
}
