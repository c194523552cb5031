//! Announcing: makes the place for the bytes of an upload and adds its row to the list of the room.

use std::sync::Arc;

use app::room::{FileEntry, FileId, FileName, FileState, MemberId, Room, RoomEvent};
use bytes::Bytes;
use futures::Stream;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use super::{
    UploadError, Uploads,
    incoming::{IncomingChunk, SmallFile},
};
use crate::{clock::unix_ms, files::AppendError, rooms::RoomHandle, tasks::detached};

/// What a sender announces about a file.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// The id of the file, see [`new_file_id`].
    pub id: FileId,
    /// The name of the file.
    pub name: FileName,
    /// The media type of the file; empty when the sender did not state it.
    pub media_type: String,
    /// The length of the file in bytes, if the sender knows it already.
    pub size_bytes: Option<u64>,
    /// When the file was last changed, in milliseconds since the Unix epoch, if the sender stated it.
    pub modified_at_ms: Option<u64>,
    /// The parts that the file is joined from; empty for every other file.
    pub joined_from: Vec<FileId>,
    /// Whether the upload is a part, which will be joined with others.
    pub is_part: bool,
}

/// Makes the id of a new file. The first half is random, so that an id never stands for other bytes than before, also
/// when a file was removed. A sender that gives its announcement a `key` may send it again when the answer is lost: the
/// second half is then derived from the member and the key, so that [`announced_as`] finds the file, even after a
/// restart, and never finds another member's. Without a key, it is random, too.
#[must_use]
pub fn new_file_id(member: MemberId, key: Option<&str>) -> FileId {
    let random: u128 = rand::rng().random();
    let Some(key) = key else { return FileId::new(random) };
    let digest = Sha256::new().chain_update(member.to_string()).chain_update(key).finalize();
    let derived = digest.iter().take(8).fold(0, |half, byte| half << 8 | u128::from(*byte));
    FileId::new(random & !u128::from(u64::MAX) | derived)
}

/// The file in the room that was announced by the same member with the same key as `id`, the id of a new announcement.
#[must_use]
pub fn announced_as(room: &Room, id: FileId) -> Option<&FileEntry> {
    let key_of = |id: FileId| id.value() & u128::from(u64::MAX);
    room.uploads().find(|file| key_of(file.id) == key_of(id))
}

impl Announcement {
    /// The row of the file, with no bytes received yet.
    pub(super) fn entry(self) -> FileEntry {
        FileEntry {
            id: self.id,
            name: self.name,
            media_type: self.media_type,
            size_bytes: self.size_bytes,
            offset_bytes: 0,
            state: FileState::Arriving,
            crc32: None,
            sha256: None,
            added_at_ms: unix_ms(),
            modified_at_ms: self.modified_at_ms,
            joined_from: self.joined_from,
            received_by: Vec::new(),
            has_thumbnail: false,
        }
    }
}

impl Uploads {
    /// Announces a file, and receives its first chunk if `content` is given. Returns the row, and how many bytes of the
    /// file have arrived then. The work is finished even when the caller is dropped, so that a sender who disconnects
    /// does not leave half of a file behind.
    ///
    /// # Errors
    /// [`UploadError`]. No such file exists then, unless its first chunk failed after some of it may have arrived: the
    /// sender can continue the upload then, and begins with asking for its offset.
    pub async fn create<E: Send + 'static>(
        self: &Arc<Self>,
        room: &RoomHandle,
        member: MemberId,
        announcement: Announcement,
        content: Option<IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static>>,
    ) -> Result<(FileEntry, u64), UploadError> {
        room.count_creation()?;
        let is_part = announcement.is_part;
        let file = announcement.entry();
        let mut content = content;
        if !is_part && let Some(small) = content.take_if(|chunk| chunk.is_small_file(file.size_bytes)) {
            match small.read_at_once().await? {
                SmallFile::Here(bytes) => return self.create_complete(room, file, bytes).await,
                SmallFile::Later(chunk) => content = Some(chunk),
            }
        }
        if let Some(chunk) = &content {
            chunk.check(self.limit_bytes(&file))?;
        }
        let (uploads, room) = (Arc::clone(self), room.clone());
        detached(async move {
            uploads.announce(&room, &file, is_part).await?;
            let offset = uploads.begin(&room, member, &file, content).await?;
            Ok((file, offset))
        })
        .await
    }

    /// Makes the place for the bytes of a file, and records its row.
    ///
    /// # Errors
    /// [`UploadError`]; neither exists then.
    pub(super) async fn announce(&self, room: &RoomHandle, file: &FileEntry, is_part: bool) -> Result<(), UploadError> {
        let size_bytes = file.size_bytes.unwrap_or(0);
        self.files.create(file.id, size_bytes, room.creator()).await?;
        let announced = room.record(|room| {
            self.limits.check(room, file, size_bytes)?;
            let file = file.clone();
            Ok::<_, UploadError>(if is_part { RoomEvent::PartAdded { file } } else { RoomEvent::FileAdded { file } })
        });
        if let Err(error) = announced.await {
            self.files.remove(file.id).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Receives the first chunk of a file whose row is new. Without a chunk, completes an empty file, or begins to wait
    /// for the first chunk. Returns how many bytes of the file have arrived.
    async fn begin<E: Send + 'static>(
        self: &Arc<Self>,
        room: &RoomHandle,
        member: MemberId,
        file: &FileEntry,
        content: Option<IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static>>,
    ) -> Result<u64, UploadError> {
        let Some(chunk) = content else {
            if file.size_bytes == Some(0) {
                self.complete(room, file.id).await?;
            } else {
                self.watch_for_silence(room, room.departure(member).unwrap_or_default(), file.id, 0);
            }
            return Ok(0);
        };
        match self.receive(room, member, file, chunk).await {
            Err(error @ UploadError::Append(AppendError::TooLong | AppendError::ChecksumMismatch)) => {
                // The answer is an error, so the sender does not learn the address of the file and will start again.
                self.erase(room, file.id).await?;
                Err(error)
            }
            received => received,
        }
    }

    /// Announces a small file whose bytes have all arrived: its row is complete at once.
    async fn create_complete(self: &Arc<Self>, room: &RoomHandle, file: FileEntry, bytes: Bytes) -> Result<(FileEntry, u64), UploadError> {
        let (uploads, room) = (Arc::clone(self), room.clone());
        let work = move || {
            let id = file.id;
            let finished = uploads.files.create_finished(id, &bytes)?;
            let added = room.record_blocking(|room| {
                uploads.limits.check(room, &file, finished.size_bytes)?;
                let added = RoomEvent::FileAdded { file: file.clone() };
                Ok::<_, UploadError>(vec![added, RoomEvent::FileCompleted { id, crc32: finished.crc32 }])
            });
            if let Err(error) = added {
                uploads.files.discard(id)?;
                return Err(error.into());
            }
            uploads.digests.add(&room, id);
            Ok((file, finished.size_bytes))
        };
        self.inline_work.run(work).await
    }
}
