//! Completing: records that the last byte of a file has arrived.

use std::sync::Arc;

use app::room::{FileEntry, FileId, FileState, RoomEvent};

use super::{UploadError, Uploads};
use crate::{
    rooms::{RecordError, RoomHandle},
    tasks::detached,
};

impl Uploads {
    /// Records that all bytes of a file have arrived, and has its digest computed in the background. Does nothing for a
    /// file that is complete already. The work is finished even when the caller is dropped.
    ///
    /// # Errors
    /// [`UploadError`]; completing the file can be tried again.
    pub async fn complete(self: &Arc<Self>, room: &RoomHandle, id: FileId) -> Result<(), UploadError> {
        let (uploads, room) = (Arc::clone(self), room.clone());
        detached(async move { uploads.record_completion(&room, id).await }).await
    }

    async fn record_completion(&self, room: &RoomHandle, id: FileId) -> Result<(), UploadError> {
        let finished = self.files.finish(id).await?;
        let mut was_complete = false;
        let recorded = room.record(|room| {
            let file = room.upload(id).filter(|file| file.size_bytes == Some(finished.size_bytes)).ok_or(UploadError::NoSuchFile)?;
            was_complete = file.state == FileState::Complete;
            Ok::<_, UploadError>((!was_complete).then_some(RoomEvent::FileCompleted { id, crc32: finished.crc32 }))
        });
        match recorded.await {
            // The file went with its room.
            Err(RecordError::Closed) => return Err(UploadError::NoSuchFile),
            recorded => recorded?,
        }
        // No digest is recorded for a part, only for the file that it is joined into.
        if !was_complete && !room.read(|room| room.is_part(id)) {
            self.digests.add(room, id);
        }
        Ok(())
    }

    /// How many bytes of a file have arrived, for a sender who wants to continue. This also completes a file when its
    /// last byte came with a request that was interrupted or refused, because the sender will not send another chunk
    /// then.
    ///
    /// # Errors
    /// [`UploadError`] when the disk fails, or the file could not be completed.
    pub async fn offset(self: &Arc<Self>, room: &RoomHandle, file: &FileEntry) -> Result<u64, UploadError> {
        if file.state == FileState::Complete {
            return Ok(file.offset_bytes);
        }
        let offset = self.files.offset(file.id).await?;
        if file.size_bytes == Some(offset) {
            self.complete(room, file.id).await?;
        }
        Ok(offset)
    }
}
