//! The writer: checks the order of events, writes a batch of jobs together, and reports the outcome of each.

use std::{collections::HashMap, sync::Arc};

use app::room::Pin;

use super::{
    Entry, JournalError, OnWritten,
    entry::{Change, Job},
    logged_store::LoggedStore,
    store::Store,
};

/// Where changes are written.
#[derive(Debug)]
pub(super) enum Target {
    /// To the log. The database follows later.
    Logged(LoggedStore),
    /// To the database itself, which syncs them to the disk before the write returns.
    Database(Arc<Store>),
}

/// Writes jobs to its target, and keeps the state that this needs.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) target: Target,
    /// The last revision of every room.
    pub(super) revisions: HashMap<Pin, u64>,
    /// Number of the last change.
    pub(super) last: u64,
}

impl Writer {
    /// Writes a batch, completely or not at all, and calls `on_written` of each job. An entry whose events do not
    /// follow the last revision of their room is left out with [`JournalError::Overtaken`]; this does not affect the
    /// other jobs.
    pub(super) fn write(&mut self, jobs: Vec<Job>) {
        // The last revision of each room after the batch; `None` for a room that the batch erases.
        let mut ahead: HashMap<Pin, Option<u64>> = HashMap::new();
        let mut changes = Vec::with_capacity(jobs.len());
        let mut verdicts: Vec<(OnWritten, Result<(), JournalError>)> = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Append(entry) => {
                    let Entry { pin, mut new_room, events, mut token, on_written } = *entry;
                    let last = ahead.get(&pin).copied().unwrap_or_else(|| self.revisions.get(&pin).copied()).unwrap_or(0);
                    let first = events.first().map(|event| event.revision);
                    if first != Some(last + 1) {
                        verdicts.push((on_written, Err(JournalError::Overtaken)));
                        continue;
                    }
                    ahead.insert(pin.clone(), Some(last + events.len() as u64));
                    changes.extend(events.into_iter().map(|recorded| Change::Append {
                        pin: pin.clone(),
                        recorded: Box::new(recorded),
                        token: token.take(),
                        checkpoint: new_room.take(),
                    }));
                    verdicts.push((on_written, Ok(())));
                }
                Job::Forget(pin, on_written) => {
                    ahead.insert(pin.clone(), None);
                    changes.push(Change::Forget { pin });
                    verdicts.push((on_written, Ok(())));
                }
            }
        }
        let written = self.write_changes(changes);
        if let Err(error) = &written {
            tracing::error!(journal.jobs = verdicts.len(), %error, "nothing could be written to the journal");
        } else {
            for (pin, revision) in ahead {
                match revision {
                    Some(revision) => self.revisions.insert(pin, revision),
                    None => self.revisions.remove(&pin),
                };
            }
        }
        for (on_written, verdict) in verdicts {
            on_written(verdict.and(written.clone()));
        }
        if let Target::Database(store) = &self.target
            && let Err(error) = store.make_checkpoints()
        {
            tracing::warn!(%error, "a checkpoint could not be made; the events are kept");
        }
    }

    fn write_changes(&mut self, changes: Vec<Change>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (first, last) = (self.last + 1, self.last + changes.len() as u64);
        match &self.target {
            Target::Logged(store) => store.write(first, changes)?,
            Target::Database(store) => {
                if let Err(error) = store.write(&changes, last) {
                    // After a failure of the disk, the database refuses everything until it is opened again.
                    store.close();
                    return Err(error);
                }
            }
        }
        self.last = last;
        Ok(())
    }
}
