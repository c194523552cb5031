//! How fast files may be added to a room. A room is told of each new file, and the journal writes it, so that a stranger
//! who adds files without a pause would be felt in other rooms.

use std::time::Duration;

use tokio::{sync::MutexGuard, time::Instant};

use super::RoomHandle;

/// Files are added to the room too fast: the next one is taken after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("files are added too fast")]
pub struct TooFast(pub Duration);

impl RoomHandle {
    /// Counts a new file or text, before anything is done for it.
    ///
    /// # Errors
    /// [`TooFast`].
    pub fn count_creation(&self) -> Result<(), TooFast> {
        self.lock().creations.spend(Instant::now()).map_err(TooFast)
    }

    /// Waits until nobody else joins parts in this room. The turn lasts until the guard is dropped.
    pub async fn turn_to_join(&self) -> MutexGuard<'_, ()> {
        self.inner.joining.lock().await
    }
}
