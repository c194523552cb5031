//! Work on the disk that is over in a moment, usually.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Longer than this, other tasks should not have to wait for it: a busy disk.
const BRIEF: Duration = Duration::from_millis(2);

/// Runs work that blocks, where it is cheapest.
#[derive(Debug, Default)]
pub(crate) struct BriefWork {
    took_long: Arc<AtomicBool>,
}

impl BriefWork {
    /// Does it right here, which spares the way to another thread and back, unless the last one took so
    /// long that the others have to be spared. It comes to its end even if nobody waits for it.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let took_long = Arc::clone(&self.took_long);
        let timed = move || {
            let begun = Instant::now();
            let result = work();
            took_long.store(begun.elapsed() > BRIEF, Ordering::Relaxed);
            result
        };
        if !self.took_long.load(Ordering::Relaxed) {
            return timed();
        }
        tokio::task::spawn_blocking(timed).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
