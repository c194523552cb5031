//! The end of a room: told, then erased. Joins rooms and files, which do not know each other.

use std::{sync::Arc, time::Duration};

use app::room::ClosedBy;
use tokio_util::sync::CancellationToken;

use crate::{
    files::FileStore,
    rooms::{RecordError, RoomHandle, Rooms},
};

/// Closes a room: everybody is told, every file is erased, nothing of it stays in the journal. Goes on
/// to its end even if the caller goes away.
///
/// # Errors
/// [`RecordError::Closed`] when somebody else is at it, [`RecordError::Journal`] when the end could not
/// be written down and the room goes on.
pub async fn close(rooms: &Arc<Rooms>, files: &Arc<FileStore>, room: RoomHandle, by: ClosedBy) -> Result<(), RecordError> {
    let (rooms, files) = (Arc::clone(rooms), Arc::clone(files));
    let closing = tokio::spawn(async move {
        let erase = rooms.close(&room, by).await?;
        for id in erase {
            if let Err(error) = files.remove(id).await {
                // The next start finds bytes without a row and erases them.
                tracing::error!(file.id = %id, %error, "a file of a closed room could not be erased");
            }
        }
        rooms.forget(room.pin()).await?;
        Ok(())
    });
    closing.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Closes rooms that nobody used for `ttl`, until `stop`.
pub async fn close_unused(rooms: Arc<Rooms>, files: Arc<FileStore>, ttl: Duration, stop: CancellationToken) {
    // A room lives at most a tenth longer than promised, a day's one at most a minute.
    let mut tick = tokio::time::interval((ttl / 10).min(Duration::from_secs(60)));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        for room in rooms.unused_for(ttl) {
            if let Err(error) = close(&rooms, &files, room, ClosedBy::Unused).await {
                tracing::warn!(%error, "an unused room could not be closed");
            }
        }
    }
}
