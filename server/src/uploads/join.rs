//! Joining: complete parts become one complete file, and are erased.

use std::sync::Arc;

use app::room::{FileEntry, FileId, FileState, Room, RoomEvent};

use super::{Announcement, UploadError, Uploads, announced_as};
use crate::{rooms::RoomHandle, tasks::detached};

impl Uploads {
    /// Joins the parts that the announcement names, in the order in which it names them. In each room one file is joined
    /// at a time, so that parts that are named twice at once are not copied twice. The work is finished even when the
    /// caller is dropped.
    ///
    /// # Errors
    /// [`UploadError`]; the parts stay as they are then.
    pub async fn join(self: &Arc<Self>, room: &RoomHandle, announcement: Announcement) -> Result<FileEntry, UploadError> {
        room.count_creation()?;
        self.check_parts(room, &announcement.joined_from)?;
        let (uploads, room) = (Arc::clone(self), room.clone());
        detached(async move { uploads.join_parts(&room, announcement.entry()).await }).await
    }

    /// Checks whether these parts can be joined.
    ///
    /// # Errors
    /// [`UploadError`]: what is wrong with one of them, or that the file would be too large.
    pub fn check_parts(&self, room: &RoomHandle, parts: &[FileId]) -> Result<(), UploadError> {
        self.check_size(Some(room.read(|room| length_of_parts(room, parts))?))
    }

    /// Checks whether the parts of `file` can be joined into it.
    fn check_join(&self, room: &Room, file: &FileEntry) -> Result<(), UploadError> {
        if announced_as(room, file.id).is_some() {
            return Err(UploadError::AlreadyAnnounced);
        }
        length_of_parts(room, &file.joined_from)?;
        let of_parts = file.joined_from.iter().filter_map(|part| room.upload(*part)).map(FileEntry::text_bytes).sum();
        self.limits.check_text(room.text_bytes().saturating_sub(of_parts), file)
    }

    async fn join_parts(&self, room: &RoomHandle, entry: FileEntry) -> Result<FileEntry, UploadError> {
        let (id, parts) = (entry.id, entry.joined_from.clone());
        let _turn = room.turn_to_join().await;
        room.read(|room| self.check_join(room, &entry))?;
        let joined = self.files.join(id, &parts).await?;
        let file = FileEntry {
            size_bytes: Some(joined.size_bytes),
            offset_bytes: joined.size_bytes,
            state: FileState::Complete,
            crc32: Some(joined.crc32),
            ..entry
        };
        // The check is repeated, because a part may have been removed or joined elsewhere meanwhile.
        let recorded = room.record(|room| self.check_join(room, &file).map(|_| RoomEvent::PartsJoined { file: file.clone() }));
        if let Err(error) = recorded.await {
            self.files.remove(id).await?;
            return Err(error.into());
        }
        self.digests.add(room, id);
        for part in parts {
            if let Err(error) = self.files.remove(part).await {
                // The part has no row any more, so the next start erases it.
                tracing::error!(file.id = %part, %error, "a part could not be erased after it was joined");
            }
        }
        Ok(file)
    }
}

/// How many bytes these parts have together.
///
/// # Errors
/// Why these parts cannot be joined.
fn length_of_parts(room: &Room, ids: &[FileId]) -> Result<u64, UploadError> {
    let mut size_bytes = 0u64;
    for id in ids {
        let part = room.upload(*id).ok_or(UploadError::NoSuchFile)?;
        if !room.is_part(*id) {
            return Err(UploadError::NotAPart);
        }
        if part.state != FileState::Complete {
            return Err(UploadError::PartUnfinished);
        }
        size_bytes = size_bytes.saturating_add(part.offset_bytes);
    }
    Ok(size_bytes)
}
