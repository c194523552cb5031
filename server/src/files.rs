//! The file store: the bytes of all files on disk, with a thumbnail beside each file that has one.
//!
//! A file is named by its id alone, and all files lie in one flat folder. The store knows no file names, owners or
//! rooms. This file states the whole contract of the store; the module that a method calls says how it is kept.
//!
//! - **Create** makes an empty file, if the disk has space for all of its bytes. It fails with `AlreadyExists` if there
//!   is a file with this id. Space is then claimed a window ahead of the bytes that arrive, see `space.rs`.
//! - **Append** adds a chunk at the end of a file, with one writer at a time. What was written stays, even when the
//!   process is killed: the length of the file on disk *is* the offset of its upload. A chunk with a checksum counts as
//!   a whole or not at all. Append gives up when no bytes come for [`StoreSettings::idle_upload`]. Before each frame of
//!   a file of unknown length, it calls [`MayGrow`], with which the caller allows or refuses that the file grows.
//! - **Read** gives the bytes of a range, also while they are still arriving. If it ends early, it ends with an error.
//! - **Finish** says that nothing follows: readers reach the end, and the SHA-256 is computed in the background.
//! - **Remove** stops the writer and the readers of a file, and erases it.
//! - **After a power cut**, all that create, append and finish acknowledged is here with [`SyncMode::Always`]. With
//!   [`SyncMode::Background`], the newest may be lost: files are synced only during long chunks and after finish.

mod append;
mod archive;
mod background;
mod checksum;
mod create;
mod digest;
mod digests;
mod finished_file;
mod join;
mod lease;
mod read;
mod settings;
mod space;
mod stored_file;
mod syncs;
mod table;
mod thumbnail;
mod unverified;

use std::{
    collections::{HashMap, HashSet},
    io,
    net::IpAddr,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use app::room::{FileId, Sha256};
use bytes::Bytes;
use futures::Stream;
use tokio::sync::{Semaphore, watch};

use crate::{
    durability::SyncMode,
    speed::{Buffers, Traffic},
    tasks::blocking,
};
use digests::Digests;
use space::Space;
use stored_file::StoredFile;
use syncs::Syncs;

pub use append::{AppendError, Chunk, MayGrow};
pub use archive::{Archive, ArchivedFile, ReadWatch};
pub use checksum::{Checksum, InvalidChecksum};
pub use create::CreateError;
pub use digest::DigestState;
pub use finished_file::FinishedFile;
pub use read::ReadError;
pub use settings::StoreSettings;
pub use space::NoSpace;
pub use thumbnail::{InvalidThumbnail, Thumbnail};

/// Every file of this server.
#[derive(Debug)]
pub struct FileStore {
    settings: StoreSettings,
    /// The files that were used since the start.
    open: Mutex<HashMap<FileId, Arc<StoredFile>>>,
    space: Space,
    digests: Digests,
    syncs: Syncs,
    buffers: Buffers,
    traffic: Traffic,
    /// One permit for each byte that may still wait for the disk, over all chunks.
    waiting_bytes: Arc<Semaphore>,
}

/// Opening the store, and asking about files.
impl FileStore {
    /// Opens the store in its folder. It cuts off bytes that a former process wrote but did not verify, and erases
    /// thumbnails that are unfinished or whose file is missing.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn open(settings: StoreSettings) -> io::Result<Self> {
        std::fs::create_dir_all(&settings.folder)?;
        unverified::cut_off(&settings.folder)?;
        thumbnail::sweep(&settings.folder)?;
        let traffic = Traffic::default();
        Ok(Self {
            space: Space::new(settings.folder.clone(), settings.max_storage, settings.min_free_space),
            digests: Digests::start(&traffic)?,
            syncs: Syncs::start(&settings.folder)?,
            traffic,
            settings,
            open: Mutex::default(),
            buffers: Buffers::default(),
            waiting_bytes: Arc::new(Semaphore::new(append::WAITING_BYTES)),
        })
    }

    /// Returns the ids of all files on disk. Everything else in the folder is ignored.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn all(&self) -> io::Result<HashSet<FileId>> {
        table::ids_in(&self.settings.folder)
    }

    /// Returns whether there are files in the folder of a store, which need not be open.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn has_files(folder: &Path) -> io::Result<bool> {
        Ok(!table::ids_in(folder)?.is_empty())
    }

    /// Checks that the disk has space for so many bytes of something else than a file, such as a text in the database.
    ///
    /// # Errors
    /// [`NoSpace::Disk`] when it has not.
    pub fn check_disk(&self, bytes: u64) -> Result<(), NoSpace> {
        self.space.check_disk(bytes)
    }

    /// Returns how many bytes of the file are here, for a sender who is about to continue. A running append is stopped
    /// first, because its connection may be dead without the server having noticed.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub async fn offset(&self, id: FileId) -> io::Result<u64> {
        let file = self.stored(id)?;
        let _lease = file.leases.take().await;
        file.length()
    }

    /// Returns how many bytes of the file are here, and lets a running append go on.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub fn length(&self, id: FileId) -> io::Result<u64> {
        self.stored(id)?.length()
    }

    /// Where the file with this id is, or would be, on the disk.
    #[must_use]
    pub fn path(&self, id: FileId) -> PathBuf {
        self.settings.folder.join(id.to_string())
    }

    /// Returns when the last bytes of a file arrived or, if none did, when the file was created.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub fn touched_at(&self, id: FileId) -> io::Result<SystemTime> {
        std::fs::metadata(self.path(id))?.modified()
    }
}

/// Creating files, and claiming disk space for them.
impl FileStore {
    /// Creates an empty file that will have `bytes` bytes. The windows of all files of one `claimant` share a limit.
    ///
    /// # Errors
    /// [`CreateError`]; there is no new file then.
    pub async fn create(&self, id: FileId, bytes: u64, claimant: Option<IpAddr>) -> Result<(), CreateError> {
        self.create_empty(id, bytes, claimant).await
    }

    /// Creates a finished file in one step, from bytes that are all in memory. Blocks the thread.
    ///
    /// # Errors
    /// [`CreateError`]; there is no new file then.
    pub fn create_finished(&self, id: FileId, bytes: &[u8]) -> Result<FinishedFile, CreateError> {
        self.write_finished(id, bytes)
    }

    /// Creates a finished file from the bytes of finished parts, in this order. The parts stay as they are, so that
    /// nothing is lost if joining fails; the caller removes them once the new file is recorded.
    ///
    /// # Errors
    /// [`CreateError`]; there is no new file then.
    pub async fn join(&self, id: FileId, parts: &[FileId]) -> Result<FinishedFile, CreateError> {
        self.join_parts(id, parts).await
    }

    /// Says that a file that was created without knowing its length will have `bytes` bytes.
    ///
    /// # Errors
    /// [`CreateError`] when the disk has no space for them; nothing is changed then.
    pub fn announce_length(&self, id: FileId, bytes: u64) -> Result<(), CreateError> {
        Ok(self.stored(id)?.claim.announce(bytes)?)
    }

    /// Gives back the space that is claimed ahead of the bytes of a file. The next bytes claim it again, if they can.
    /// A file that is not here has no claim.
    pub fn unclaim(&self, id: FileId) {
        if let Ok(file) = self.stored(id) {
            file.claim.close_window();
        }
    }
}

/// Appending to files.
impl FileStore {
    /// Adds a chunk at the end of a file, and returns the file's new length. A running append is stopped first.
    /// `progress` is called after every write, with the length that the file has if the chunk is accepted.
    ///
    /// # Errors
    /// [`AppendError`]. What was written before the error stays, unless the chunk had a checksum.
    pub async fn append<E: Send>(
        &self,
        id: FileId,
        chunk: Chunk,
        frames: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<u64, AppendError> {
        self.append_chunk(id, chunk, frames, progress).await
    }
}

/// Reading files.
impl FileStore {
    /// Returns the bytes `range` of a file as a stream, which waits for bytes that have not arrived yet. The end of a
    /// finished file ends the stream. When the file is removed, or nothing arrives for
    /// [`StoreSettings::idle_download`], the stream ends with an error.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub async fn read(&self, id: FileId, range: Range<u64>) -> io::Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + use<>> {
        self.read_range(id, range).await
    }
}

/// Finishing files, and their digests.
impl FileStore {
    /// Says that nothing follows. Readers reach the end of the file, and in the background its digest is computed and,
    /// with [`SyncMode::Background`], the file is synced to the disk.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub async fn finish(&self, id: FileId) -> io::Result<FinishedFile> {
        let file = self.stored(id)?;
        let bytes = file.length()?;
        let crc32 = match file.known_crc(bytes) {
            Some(hasher) => hasher.finalize(),
            None => {
                let file = Arc::clone(&file);
                blocking(move || file.crc_of_first(bytes)).await?.finalize()
            }
        };
        self.finish_file(&file, bytes, crc32)
    }

    /// Marks a file as finished, so that readers reach its end, and waits for its SHA-256. Returns `None` when that
    /// will never be known, because the file was removed or the disk failed.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub async fn sha256(&self, id: FileId) -> io::Result<Option<Sha256>> {
        let file = self.stored(id)?;
        self.mark_finished(&file)?;
        Ok(file.digest.known().await)
    }

    /// Marks a file as finished, so that readers reach its end, and starts computing its SHA-256.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub fn begin_digest(&self, id: FileId) -> io::Result<()> {
        self.mark_finished(&self.stored(id)?)
    }

    /// Returns whether the SHA-256 of a file is known, and its value.
    #[must_use]
    pub fn digest_state(&self, id: FileId) -> DigestState {
        self.stored(id).map_or(DigestState::Unavailable, |file| file.digest.state())
    }

    /// Returns a receiver that is marked as changed whenever the [digest state](Self::digest_state) of a file changes.
    #[must_use]
    pub fn digests(&self) -> watch::Receiver<()> {
        self.digests.changes()
    }
}

/// Removing files.
impl FileStore {
    /// Stops the writer of a file, ends its readers with an error, and returns when it and its thumbnail are erased.
    ///
    /// # Errors
    /// The error of the file system; a file that is not here is no error.
    pub async fn remove(&self, id: FileId) -> io::Result<()> {
        let file = match self.stored(id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let _lease = file.leases.take().await;
        self.mark_removed(&file);
        let erased = Arc::clone(&file);
        let removed = blocking(move || erased.erase()).await;
        self.take_out(id);
        file.claim.release();
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Erases a file that nobody else knows of, such as one that could not be announced. Blocks the thread.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn discard(&self, id: FileId) -> io::Result<()> {
        if let Some(file) = self.take_out(id) {
            self.mark_removed(&file);
            file.claim.release();
        }
        std::fs::remove_file(self.path(id))
    }
}

/// Thumbnails.
impl FileStore {
    /// Stores a thumbnail beside its file. It replaces an older one.
    ///
    /// # Errors
    /// [`CreateError`]; `NotFound` for a file that is not here.
    pub async fn keep_thumbnail(&self, id: FileId, picture: Thumbnail) -> Result<(), CreateError> {
        let (file, sync) = (self.stored(id)?, self.settings.sync);
        blocking(move || file.keep_thumbnail(&picture, sync)).await
    }

    /// Returns the thumbnail of a file.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` when there is no thumbnail, or none that can be shown.
    pub async fn thumbnail(&self, id: FileId) -> io::Result<Thumbnail> {
        let path = self.path(id);
        blocking(move || thumbnail::read(&path)).await
    }

    /// Erases the thumbnail of a file, if there is one.
    ///
    /// # Errors
    /// The error of the file system; `NotFound` for a file that is not here.
    pub async fn erase_thumbnail(&self, id: FileId) -> io::Result<()> {
        let file = self.stored(id)?;
        blocking(move || file.erase_thumbnail()).await
    }
}

#[cfg(test)]
mod tests;
