//! Closing a room: everybody is told, and then its files are erased.

use std::sync::Arc;

use app::room::ClosedBy;

use super::Uploads;
use crate::{
    rooms::{RecordError, RoomHandle, Rooms},
    tasks::detached,
};

impl Uploads {
    /// Closes a room: tells everybody, erases every file, and erases the room from the journal. The work is finished
    /// even when the caller is dropped.
    ///
    /// # Errors
    /// [`RecordError::Closed`] when the room was closed before; [`RecordError::Journal`] when closing it could not be
    /// recorded, so that the room stays open, or when it was closed and could not be erased from the journal.
    pub async fn close_room(&self, rooms: &Arc<Rooms>, room: RoomHandle, by: ClosedBy) -> Result<(), RecordError> {
        let (rooms, files) = (Arc::clone(rooms), Arc::clone(&self.files));
        detached(async move {
            for id in room.close(by).await? {
                if let Err(error) = files.remove(id).await {
                    // The next start finds the bytes, which have no row any more, and erases them.
                    tracing::error!(file.id = %id, %error, "a file of a closed room could not be erased");
                }
            }
            rooms.forget(room.pin()).await?;
            Ok(())
        })
        .await
    }
}
