//! The queue in which jobs wait to be written.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex},
};

use super::{entry::Job, writer::Writer};
use crate::locks::{lock, wait_while};

/// The most jobs of one batch, so that the first jobs do not wait long for their outcome when very many are added.
const MAX_BATCH: usize = 1024;

/// The waiting jobs, in the order in which they were added, and the writer, which one thread at a time may use.
pub(super) struct WriteQueue {
    waiting: Mutex<Waiting>,
    /// Notified to wake the journal's thread: jobs may be waiting, or the queue is closed.
    came: Condvar,
    /// `None` once the journal is closed.
    writer: Mutex<Option<Writer>>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl std::fmt::Debug for WriteQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteQueue").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl WriteQueue {
    pub(super) fn new(writer: Writer) -> Self {
        Self { waiting: Mutex::default(), came: Condvar::new(), writer: Some(writer).into() }
    }

    /// Adds a job. It is written after the journal's thread is [woken](Self::wake_writer), or when another thread
    /// [writes what waits](Self::write_waiting). A closed queue returns the job.
    pub(super) fn add(&self, job: Job) -> Result<(), Job> {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return Err(job);
        }
        waiting.jobs.push_back(job);
        Ok(())
    }

    /// Wakes the journal's thread, which writes what waits.
    pub(super) fn wake_writer(&self) {
        self.came.notify_one();
    }

    /// Accepts no more jobs. The journal's thread ends when it has written those that wait.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.came.notify_one();
    }

    /// Drops the writer, and so closes its files. This is called after the journal's thread has ended.
    pub(super) fn drop_writer(&self) {
        lock(&self.writer).take();
    }

    /// Writes jobs whenever it is woken, until the queue is closed and all jobs are written. This is what the journal's
    /// thread runs.
    pub(super) fn run(&self) {
        loop {
            let waiting = wait_while(&self.came, lock(&self.waiting), |waiting| waiting.jobs.is_empty() && !waiting.closed);
            if waiting.jobs.is_empty() {
                return;
            }
            drop(waiting);
            self.write_waiting();
        }
    }

    /// Writes what waits, up to [`MAX_BATCH`] jobs, and calls `on_written` of each. When this returns, every job that
    /// was added before has been handled, unless more than [`MAX_BATCH`] jobs were waiting.
    pub(super) fn write_waiting(&self) {
        let mut writer = lock(&self.writer);
        let batch: Vec<Job> = {
            let mut waiting = lock(&self.waiting);
            let length = waiting.jobs.len().min(MAX_BATCH);
            waiting.jobs.drain(..length).collect()
        };
        if let Some(writer) = writer.as_mut()
            && !batch.is_empty()
        {
            writer.write(batch);
        }
    }
}
