//! Writing: decides on the order, writes everything that waits at once, and settles it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use app::room::Pin;

use super::{Change, Entry, Job, JournalError, Settle, behind::Behind, store::Store};

/// The most jobs of one batch, so that a flood cannot hold the first writer up for long.
const MAX_BATCH: usize = 1024;

/// Where changes go to before they are settled.
#[derive(Debug)]
pub(super) enum Target {
    /// To the log; the database follows.
    Log(Behind),
    /// To the database itself, with its syncs.
    Database(Arc<Store>),
}

/// Where jobs wait, and who writes. Jobs are written in the order in which they came, by one at a time.
pub(super) struct Desk {
    queue: Mutex<Queue>,
    came: Condvar,
    /// Nothing after the end.
    writer: Mutex<Option<Writer>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl Desk {
    pub(super) fn new(writer: Writer) -> Self {
        Self { queue: Mutex::default(), came: Condvar::new(), writer: Some(writer).into() }
    }

    /// Adds a job, and wakes the thread if nobody else is going to write it. After the end it is handed back.
    pub(super) fn add(&self, job: Job, wake: bool) -> Result<(), Job> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(job);
        }
        queue.jobs.push_back(job);
        drop(queue);
        if wake {
            self.came.notify_one();
        }
        Ok(())
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.queue().closed = true;
        self.came.notify_one();
    }

    /// Lets go of the files, once the thread has ended.
    pub(super) fn clear(&self) {
        self.writer.lock().expect("no holder panics").take();
    }

    /// Writes what comes until the end, and everything that came before it.
    pub(super) fn run(&self) {
        loop {
            let queue = self.came.wait_while(self.queue(), |queue| queue.jobs.is_empty() && !queue.closed);
            if queue.expect("no holder panics").jobs.is_empty() {
                return;
            }
            self.write_waiting();
        }
    }

    /// Writes what waits. Whatever was added before is settled when this returns, but for a flood.
    pub(super) fn write_waiting(&self) {
        let mut writer = self.writer.lock().expect("no holder panics");
        let batch: Vec<Job> = {
            let mut queue = self.queue();
            let length = queue.jobs.len().min(MAX_BATCH);
            queue.jobs.drain(..length).collect()
        };
        if let Some(writer) = writer.as_mut()
            && !batch.is_empty()
        {
            writer.commit(batch);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("no holder panics")
    }
}

/// What is known to whoever writes.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) target: Target,
    /// The last revision of every room.
    pub(super) revisions: HashMap<Pin, u64>,
    /// Number of the last change.
    pub(super) last: u64,
}

impl Writer {
    fn commit(&mut self, jobs: Vec<Job>) {
        // An event out of order concerns nobody else.
        let mut ahead = HashMap::new();
        let mut changes = Vec::with_capacity(jobs.len());
        let mut settles: Vec<(Settle, Result<(), JournalError>)> = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Append(entry) => {
                    let Entry { pin, recorded, token, checkpoint, settle } = *entry;
                    let known = ahead.get(&pin).copied().flatten().or_else(|| self.revisions.get(&pin).copied()).unwrap_or(0);
                    if ahead.get(&pin) == Some(&None) && recorded.revision == 1 || known + 1 == recorded.revision {
                        ahead.insert(pin.clone(), Some(recorded.revision));
                        changes.push(Change::Append { pin, recorded: Box::new(recorded), token, checkpoint });
                        settles.push((settle, Ok(())));
                    } else {
                        settles.push((settle, Err(JournalError::OutOfOrder)));
                    }
                }
                Job::Forget(pin, settle) => {
                    ahead.insert(pin.clone(), None);
                    changes.push(Change::Forget { pin });
                    settles.push((settle, Ok(())));
                }
            }
        }
        let written = self.write(changes);
        if let Err(error) = &written {
            tracing::error!(journal.jobs = settles.len(), %error, "nothing could be written to the journal");
        } else {
            for (pin, revision) in ahead {
                match revision {
                    Some(revision) => self.revisions.insert(pin, revision),
                    None => self.revisions.remove(&pin),
                };
            }
        }
        for (settle, verdict) in settles {
            settle(verdict.and(written.clone()));
        }
    }

    fn write(&mut self, changes: Vec<Change>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (first, last) = (self.last + 1, self.last + changes.len() as u64);
        match &self.target {
            Target::Log(behind) => {
                behind.log(first, &changes)?;
                behind.follow(changes, last);
            }
            Target::Database(store) => {
                if let Err(error) = store.write(&changes, last) {
                    // After a failure of the disk it takes nothing more until it is opened anew.
                    store.close();
                    return Err(error);
                }
            }
        }
        self.last = last;
        Ok(())
    }
}
