//! The end of a room: told, then erased. Joins rooms and files, which do not know each other.

use std::sync::Arc;

use app::room::ClosedBy;

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
