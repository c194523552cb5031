//! The end of an upload: all of it is here, in the list, and summed. Joins rooms and files, which do not
//! know each other.

use std::sync::Arc;

use app::room::{FileId, FileState, RoomEvent};

use crate::{
    files::FileStore,
    journal::JournalError,
    rooms::{RecordError, RoomHandle},
};

/// Why a file is not in the list as complete.
#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    /// There is no such file any more, or no such room.
    #[error("the file was removed")]
    Gone,
    /// It could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}

/// The last byte is here: says so in the list, and has the file summed behind it. Does nothing for one
/// that is complete already.
///
/// # Errors
/// [`CompletionError`]; the file can be completed later.
pub async fn complete(files: &Arc<FileStore>, room: &RoomHandle, id: FileId) -> Result<(), CompletionError> {
    let finished = files.finish(id).await?;
    let completed = room
        .record(|room| match room.upload(id) {
            Some(file) if file.state == FileState::Complete => Err(false),
            Some(file) if file.size_bytes == Some(finished.size_bytes) => Ok(RoomEvent::FileCompleted { id, crc32: finished.crc32 }),
            _ => Err(true),
        })
        .await;
    match completed {
        Ok(()) => {
            // A part is summed as part of its whole.
            if !room.read(|room| room.is_part(id)) {
                digest(files, room, id);
            }
            Ok(())
        }
        Err(RecordError::Refused(false)) => Ok(()),
        Err(RecordError::Refused(true) | RecordError::Closed) => Err(CompletionError::Gone),
        Err(RecordError::Journal(error)) => Err(error.into()),
    }
}

/// Adds the SHA-256 to the row of a complete file as soon as it is known.
pub(crate) fn digest(files: &Arc<FileStore>, room: &RoomHandle, id: FileId) {
    let (files, room) = (Arc::clone(files), room.clone());
    tokio::spawn(async move {
        let Some(Ok(Some(sha256))) = room.until_ended(files.sha256(id)).await else { return };
        let recorded = room
            .record(|room| match room.upload(id) {
                Some(file) if file.state == FileState::Complete && file.sha256.is_none() => Ok(RoomEvent::FileDigested { id, sha256 }),
                _ => Err(()),
            })
            .await;
        if let Err(RecordError::Journal(error)) = recorded {
            // The next start sums it again.
            tracing::debug!(file.id = %id, %error, "a digest was not recorded");
        }
    });
}
