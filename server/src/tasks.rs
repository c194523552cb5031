//! Two ways to run work outside of the task that asks for it.

use std::panic::resume_unwind;

/// Runs `work` in a task of its own and returns its result. The work is finished even when the caller is dropped, as a
/// request is when its client disconnects. What must not be stopped between two steps is run like this, such as
/// the removal of a row and of its bytes.
///
/// # Panics
/// When `work` panics.
pub(crate) async fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(work).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

/// Runs `work` on a thread that may block and returns its result.
///
/// # Panics
/// When `work` panics.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}
