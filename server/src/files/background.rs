//! A background thread that works through a queue of files, and gets only the processor time that transfers leave.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, mpsc},
    time::Duration,
};

use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};

use super::StoredFile;

/// A handle to the thread. When the last clone is dropped, the thread works through its queue and ends.
#[derive(Clone, Debug)]
pub(super) struct Background {
    files: mpsc::Sender<Arc<StoredFile>>,
}

impl Background {
    /// Starts the thread. It calls `work` again and again with a queue of at least one file. When the queue was empty,
    /// files are gathered for the time `gathering` first, because it would cost too much to wake the thread for each of
    /// many small ones.
    pub(super) fn start(
        name: &'static str,
        gathering: Duration,
        mut work: impl FnMut(&mut VecDeque<Arc<StoredFile>>) + Send + 'static,
    ) -> io::Result<Self> {
        let (files, waiting) = mpsc::channel::<Arc<StoredFile>>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            use_lowest_priority(name);
            let mut queue = VecDeque::new();
            loop {
                queue.extend(waiting.try_iter());
                if queue.is_empty() {
                    let Ok(file) = waiting.recv() else { return };
                    queue.push_back(file);
                    // While the thread sleeps, files that are added do not wake it, as they would if it waited for
                    // them.
                    std::thread::sleep(gathering);
                    queue.extend(waiting.try_iter());
                }
                work(&mut queue);
            }
        })?;
        Ok(Self { files })
    }

    /// Adds a file to the queue.
    pub(super) fn add(&self, file: &Arc<StoredFile>) {
        #[expect(clippy::let_underscore_must_use, reason = "the thread does not end while this handle exists")]
        let _ = self.files.send(Arc::clone(file));
    }
}

/// Gives the thread the idle scheduling policy, so that transfers get the processor at once. With the lowest priority
/// of the usual policy, a third of the small files that were sent one after the other had to wait for the processor.
fn use_lowest_priority(name: &str) {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
        tracing::debug!(%error, thread = name, "keeps the usual priority");
    }
}
