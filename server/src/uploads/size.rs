//! The size limits of files and rooms, and declaring the length of a file after it was announced.

use app::room::{FileEntry, Room, RoomEvent};

use super::{UploadError, UploadLimits, Uploads};
use crate::{files::AppendError, rooms::RoomHandle};

impl Uploads {
    /// Refuses a file whose length is more than any file may have. An unknown length is accepted.
    ///
    /// # Errors
    /// [`UploadError::FileTooLarge`].
    pub fn check_size(&self, size_bytes: Option<u64>) -> Result<(), UploadError> {
        let most = self.limits.max_file_bytes;
        if size_bytes.is_some_and(|size_bytes| size_bytes > most) { Err(UploadError::FileTooLarge(most)) } else { Ok(()) }
    }

    /// The most bytes that the file may have: its declared length, or without one the limit of all files.
    pub(super) fn limit_bytes(&self, file: &FileEntry) -> u64 {
        file.size_bytes.unwrap_or(self.limits.max_file_bytes)
    }

    /// Records the length of a file that was announced without it. A length that is declared again must be the same.
    ///
    /// # Errors
    /// [`UploadError`]; the row is unchanged then.
    pub(super) async fn declare_size(&self, room: &RoomHandle, file: &mut FileEntry, size_bytes: u64) -> Result<(), UploadError> {
        match file.size_bytes {
            Some(known) if known == size_bytes => return Ok(()),
            Some(known) => return Err(UploadError::OtherSize(known)),
            None => {}
        }
        self.check_size(Some(size_bytes))?;
        if size_bytes < self.files.length(file.id)? {
            return Err(AppendError::TooLong.into());
        }
        self.files.claim(file.id, size_bytes)?;
        let id = file.id;
        let declared = room.record(|room| {
            let entry = room.upload(id).ok_or(UploadError::NoSuchFile)?;
            let others = room.size_bytes().saturating_sub(entry.size_bytes.unwrap_or(entry.offset_bytes));
            let left = self.limits.max_room_bytes.saturating_sub(others);
            if size_bytes > left { Err(UploadError::RoomFull(left)) } else { Ok(RoomEvent::FileSized { id, size_bytes }) }
        });
        if let Err(error) = declared.await {
            self.files.unclaim(id)?;
            return Err(error.into());
        }
        file.size_bytes = Some(size_bytes);
        Ok(())
    }
}

impl UploadLimits {
    /// Checks that a room may have `file`, of which `size_bytes` bytes are declared, in addition to what it has.
    ///
    /// # Errors
    /// [`UploadError::TooManyFiles`], [`UploadError::TooMuchText`] or [`UploadError::RoomFull`].
    pub(super) fn check(&self, room: &Room, file: &FileEntry, size_bytes: u64) -> Result<(), UploadError> {
        if room.files.len() + room.parts.len() >= self.max_room_files {
            return Err(UploadError::TooManyFiles(self.max_room_files));
        }
        let text_bytes = file.name.as_str().len() + file.media_type.len();
        if room.text_bytes().saturating_add(text_bytes) > self.max_room_text_bytes {
            return Err(UploadError::TooMuchText(self.max_room_text_bytes));
        }
        let (had, most) = (room.size_bytes(), self.max_room_bytes);
        if had.saturating_add(size_bytes) > most { Err(UploadError::RoomFull(most.saturating_sub(had))) } else { Ok(()) }
    }
}
