//! Thumbnails: small pictures of files, made by the sender's browser and shown in the rows of the files.

use app::room::{FileId, RoomEvent};

use super::{UploadError, Uploads};
use crate::{files::Thumbnail, rooms::RoomHandle};

impl Uploads {
    /// Stores the thumbnail of a file, and records that there is one. When it cannot be recorded, the thumbnail is
    /// erased together with its file, or at the next start.
    ///
    /// # Errors
    /// [`UploadError`] when the thumbnail could not be stored or recorded.
    pub async fn add_thumbnail(&self, room: &RoomHandle, id: FileId, picture: Thumbnail) -> Result<(), UploadError> {
        self.files.keep_thumbnail(id, picture).await?;
        room.record(|room| {
            let file = room.file(id).ok_or(UploadError::NoSuchFile)?;
            Ok::<_, UploadError>((!file.has_thumbnail).then_some(RoomEvent::ThumbnailAdded { id }))
        })
        .await?;
        Ok(())
    }
}
