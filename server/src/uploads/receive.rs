//! Receiving: writes the bytes of a chunk to the disk and tells the room the progress.

use std::{io::ErrorKind, sync::Arc};

use app::room::{FileEntry, FileId, FileState, MemberId, PassingEvent};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Announcement, IncomingChunk, UploadError, Uploads, progress::Progress};
use crate::{
    files::{AppendError, Checksum, Chunk, CreateError, MayGrow},
    journal::JournalError,
    rooms::RoomHandle,
    tasks::detached,
};

impl Uploads {
    /// Receives a chunk of a file that is in the list, and declares the file's length if the sender states it with this
    /// chunk. Returns the row as it is now, and the new offset.
    ///
    /// # Errors
    /// [`UploadError`]. What arrived before the error stays, unless the chunk had a checksum.
    pub async fn append<E: Send + 'static>(
        self: &Arc<Self>,
        room: &RoomHandle,
        member: MemberId,
        mut file: FileEntry,
        size_bytes: Option<u64>,
        chunk: IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static>,
    ) -> Result<(FileEntry, u64), UploadError> {
        if !file.joined_from.is_empty() {
            return Err(UploadError::Joined);
        }
        if let Some(size_bytes) = size_bytes {
            chunk.check(size_bytes)?;
            self.declare_size(room, &mut file, size_bytes).await?;
        }
        let offset = self.receive(room, member, &file, chunk).await?;
        Ok((file, offset))
    }

    /// Receives a chunk and returns the new offset. If the chunk has the last byte of the file, the file is completed
    /// before this returns. The work runs in a task of its own, because the request is dropped when the sender
    /// disconnects right after the last byte: what arrived is stored all the same. The task ends soon after the
    /// connection does, because the stream of bytes ends with it.
    ///
    /// # Errors
    /// [`UploadError`]. What arrived before the error stays, unless the chunk had a checksum.
    pub(super) async fn receive<E: Send + 'static>(
        self: &Arc<Self>,
        room: &RoomHandle,
        member: MemberId,
        file: &FileEntry,
        chunk: IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static>,
    ) -> Result<u64, UploadError> {
        let id = file.id;
        if let Err(too_long) = chunk.check(self.limit_bytes(file)) {
            // When the offset is wrong, too, that is the more helpful error.
            let length = self.files.length(id)?;
            return Err(if chunk.offset == length { too_long } else { AppendError::OffsetMismatch(length) }.into());
        }
        let placed = self.chunk(room, file, chunk.offset, chunk.checksum.clone());
        let (uploads, room, departure) = (Arc::clone(self), room.clone(), room.departure(member));
        detached(async move {
            let offset = uploads.store(&room, id, placed, chunk.into_frames()).await?;
            if room.read(|room| room.upload(id).is_some_and(|file| file.size_bytes == Some(offset))) {
                uploads.complete(&room, id).await?;
            } else {
                // A member who has connected again can leave again. A member without a socket cannot leave: the token
                // that stands for the departure is never cancelled then.
                let departure = room.departure(member).or(departure).unwrap_or_default();
                uploads.watch_for_silence(&room, departure, id, offset);
            }
            Ok(offset)
        })
        .await
    }

    /// Announces and receives a whole file of unknown length that cannot be continued, as from a plain HTML form. A
    /// file for which there is not enough space is erased, because it would only take space from other files.
    ///
    /// # Errors
    /// [`UploadError`]. After other errors than a lack of space, what arrived stays in the list as a stopped upload.
    pub async fn receive_unresumable<E: Send>(
        self: &Arc<Self>,
        room: &RoomHandle,
        announcement: Announcement,
        frames: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    ) -> Result<(), UploadError> {
        room.count_creation()?;
        let mut file = announcement.entry();
        self.announce(room, &file, false).await?;
        let mut came_bytes = 0u64;
        let frames = frames.inspect(|frame| came_bytes += frame.as_ref().map_or(0, |frame| frame.len() as u64));
        let received = async {
            let chunk = self.chunk(room, &file, 0, None);
            let size_bytes = self.store(room, file.id, chunk, frames).await?;
            self.declare_size(room, &mut file, size_bytes).await?;
            self.complete(room, file.id).await
        };
        let Err(error) = received.await else { return Ok(()) };
        if !error.is_lack_of_space() || self.erase(room, file.id).await.is_err() {
            self.tell_stopped(room, file.id);
        }
        Err(match error {
            // No length had been declared, so only now it is known which limit the file exceeded.
            UploadError::Append(AppendError::TooLong) => self.check_size(Some(came_bytes)).err().unwrap_or_else(|| {
                let taken = room.read(|room| room.size_bytes());
                UploadError::RoomFull(self.limits.max_room_bytes.saturating_sub(taken))
            }),
            error => error,
        })
    }

    /// The chunk of `file` that begins at `offset`, with the limits of the file.
    fn chunk(&self, room: &RoomHandle, file: &FileEntry, offset: u64, checksum: Option<Checksum>) -> Chunk {
        let id = file.id;
        let may_grow = file.size_bytes.is_none().then(|| {
            let (room, most_bytes) = (room.clone(), self.limits.max_room_bytes);
            Box::new(move |file_bytes| room.count_bytes(id, file_bytes, most_bytes)) as MayGrow
        });
        Chunk { offset, limit_bytes: self.limit_bytes(file), may_grow, checksum }
    }

    /// Writes a chunk to the disk, tells the room the progress, and returns the new offset.
    async fn store<E: Send>(
        &self,
        room: &RoomHandle,
        id: FileId,
        chunk: Chunk,
        frames: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    ) -> Result<u64, UploadError> {
        let progress = Progress::start(room.clone(), id);
        let appended = self.files.append(id, chunk, frames, progress.reporter()).await;
        if appended.is_err() && room.read(|room| room.upload(id).is_none()) {
            return Err(UploadError::NoSuchFile);
        }
        match &appended {
            Ok(offset) => progress.end(*offset, FileState::Arriving),
            // The bytes of a failed chunk with a checksum do not count, so the length is asked of the store.
            Err(_) => progress.end(self.files.length(id)?, FileState::Stopped),
        }
        Ok(appended?)
    }

    /// Tells the room that an upload stopped if its next chunk does not come: when the idle time is over, or as soon as
    /// `departure` is cancelled, which means that the page that sent the last chunk is gone.
    pub(super) fn watch_for_silence(&self, room: &RoomHandle, departure: CancellationToken, id: FileId, offset_bytes: u64) {
        let (room, idle) = (room.clone(), self.limits.idle);
        tokio::spawn(async move {
            // It does not matter which of the two ended the wait: an unchanged offset shows that no chunk has come
            // since.
            let silence = async { timeout(idle, departure.cancelled()).await.unwrap_or_default() };
            let Some(()) = room.until_closed(silence).await else { return };
            let is_silent = room.read(|room| room.upload(id).is_some_and(|file| file.offset_bytes == offset_bytes));
            if is_silent {
                room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
            }
        });
    }

    /// Tells the room that an upload stopped, because its sender paused it. Bytes that still arrive afterwards make it
    /// an arriving upload again.
    pub fn tell_paused(&self, room: &RoomHandle, id: FileId) {
        let here = room.read(|room| room.upload(id).filter(|file| file.state == FileState::Arriving).map(|file| file.offset_bytes));
        if let Some(offset_bytes) = here {
            room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
        }
    }

    /// Tells the room that an upload stopped; what arrived of the file is kept.
    fn tell_stopped(&self, room: &RoomHandle, id: FileId) {
        if let Ok(offset_bytes) = self.files.length(id) {
            room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
        }
    }
}

impl UploadError {
    /// Whether the cause is a lack of space: in the limit of the file, in the room, or on the disk.
    fn is_lack_of_space(&self) -> bool {
        match self {
            Self::RoomFull(_)
            | Self::FileTooLarge(_)
            | Self::Append(AppendError::TooLong | AppendError::NoSpace(_))
            | Self::Create(CreateError::NoSpace(_))
            | Self::Journal(JournalError::NoSpace) => true,
            Self::Append(AppendError::Disk(error)) | Self::Create(CreateError::Disk(error)) | Self::Disk(error) => {
                matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }
}
