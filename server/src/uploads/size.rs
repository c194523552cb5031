//! The size limits of files and rooms, and declaring the length of a file after it was announced.

use app::room::{FileEntry, Room, RoomEvent};

use super::{UploadError, UploadLimits, Uploads, announced_as};
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
        self.files.announce_length(file.id, size_bytes)?;
        let id = file.id;
        room.record(|room| {
            let entry = room.upload(id).ok_or(UploadError::NoSuchFile)?;
            let others = room.size_bytes().saturating_sub(entry.size_bytes.unwrap_or(entry.offset_bytes));
            let left = self.limits.max_room_bytes.saturating_sub(others);
            if size_bytes > left { Err(UploadError::RoomFull(left)) } else { Ok(RoomEvent::FileSized { id, size_bytes }) }
        })
        .await?;
        file.size_bytes = Some(size_bytes);
        Ok(())
    }
}

impl UploadLimits {
    /// Checks that a room may have `file`, of which `size_bytes` bytes are declared, in addition to what it has.
    ///
    /// # Errors
    /// [`UploadError::TooManyFiles`], [`UploadError::TooMuchText`] or [`UploadError::RoomFull`]; or
    /// [`UploadError::AlreadyAnnounced`] when another request with the same key was faster.
    pub(super) fn check(&self, room: &Room, file: &FileEntry, size_bytes: u64) -> Result<(), UploadError> {
        if announced_as(room, file.id).is_some() {
            return Err(UploadError::AlreadyAnnounced);
        }
        if room.files.len() + room.parts.len() >= self.max_room_files {
            return Err(UploadError::TooManyFiles(self.max_room_files));
        }
        self.check_text(room.text_bytes(), file)?;
        let (had, most) = (room.size_bytes(), self.max_room_bytes);
        if had.saturating_add(size_bytes) > most { Err(UploadError::RoomFull(most.saturating_sub(had))) } else { Ok(()) }
    }

    /// Checks that a room with `had` bytes of names and texts may have those of `file`, too.
    ///
    /// # Errors
    /// [`UploadError::TooMuchText`].
    pub(super) fn check_text(&self, had: usize, file: &FileEntry) -> Result<(), UploadError> {
        let most = self.max_room_text_bytes;
        if had.saturating_add(file.text_bytes()) > most { Err(UploadError::TooMuchText(most)) } else { Ok(()) }
    }
}
