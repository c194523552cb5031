//! The journal's thread: everything that waits goes into one transaction.

use std::sync::mpsc::Receiver;

use super::{Job, JournalError, store::Store};

/// The most jobs of one transaction, so that a flood cannot hold the first writer up for long.
const MAX_BATCH: usize = 1024;

/// Runs until every sender is gone and every job is settled.
pub(super) fn run(store: &Store, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
        commit(store, batch);
    }
}

fn commit(store: &Store, jobs: Vec<Job>) {
    let outcome = write(store, &jobs);
    if let Err(error) = &outcome {
        tracing::error!(journal.jobs = jobs.len(), %error, "a journal transaction failed");
        // After a failure of the disk the database takes nothing more until it is opened anew.
        store.close();
    }
    for (index, job) in jobs.into_iter().enumerate() {
        let result = match &outcome {
            Ok(written) => written[index].clone(),
            Err(error) => Err(error.clone()),
        };
        match job {
            Job::Append(entry) => (entry.settle)(result),
            Job::Forget(_, settle) => settle(result),
        }
    }
}

/// What became of each job; as a whole an error when the transaction itself failed.
fn write(store: &Store, jobs: &[Job]) -> Result<Vec<Result<(), JournalError>>, JournalError> {
    let batch = store.begin()?;
    let mut written = Vec::with_capacity(jobs.len());
    for job in jobs {
        let result = match job {
            Job::Append(entry) => batch.append(entry),
            Job::Forget(pin, _) => batch.forget(pin),
        };
        // An event out of order concerns nobody else; a database error spoils the whole transaction.
        match result {
            Ok(()) | Err(JournalError::OutOfOrder) => written.push(result),
            Err(error) => return Err(error),
        }
    }
    batch.commit()?;
    Ok(written)
}
