//! The journal's thread: decides on the order, writes everything that waits at once, and settles it.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc::Receiver},
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

/// What the thread knows.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) target: Target,
    /// The last revision of every room.
    pub(super) revisions: HashMap<Pin, u64>,
    /// Number of the last change.
    pub(super) last: u64,
}

impl Writer {
    /// Runs until every sender is gone and every job is settled.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
            self.commit(batch);
        }
    }

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
