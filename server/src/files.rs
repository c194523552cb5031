//! The files on disk: create, append, finish, read, join, remove, and a small picture beside each that has one.
//!
//! A file is named by its id alone and lies in one flat folder; its length on disk *is* the offset of
//! its upload, so the two cannot drift apart, and a kill at any moment leaves the truth. Names, owners
//! and rooms are not known here.

mod append;
mod archive;
mod background;
mod buffers;
mod checksum;
mod join;
mod lease;
mod read;
mod space;
mod thumbnail;
mod traffic;
mod unverified;

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use app::room::{FileId, Sha256};
use tokio::sync::{Semaphore, watch};

use crate::durability::Sync;
pub use append::{AppendError, Chunk, MayGrow};
pub use archive::{Archive, ArchivedFile, ReadWatch};
pub use background::DigestState;
use background::{Background, Digest};
use buffers::Buffers;
pub use checksum::{Checksum, InvalidChecksum};
use lease::Leases;
pub use read::ReadError;
pub use space::{CreateError, NoSpace};
pub use thumbnail::{InvalidThumbnail, Thumbnail};
use traffic::Traffic;

/// How a store works.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Where the files lie; created if missing.
    pub folder: PathBuf,
    /// When acknowledged bytes are safe from a power cut.
    pub sync: Sync,
    /// The most bytes of all files together.
    pub max_storage: Option<u64>,
    /// Bytes of the disk that are left free; 0 lets it fill.
    pub min_free_space: u64,
    /// How long a chunk may bring nothing before it is cut.
    pub idle_upload: Duration,
    /// How long a reader of a running upload waits for more.
    pub idle_download: Duration,
}

/// Every file of this server.
#[derive(Debug)]
pub struct FileStore {
    settings: StoreSettings,
    open: Mutex<HashMap<FileId, Arc<StoredFile>>>,
    background: Background,
    buffers: Buffers,
    traffic: Traffic,
    /// What may still wait for the disk, of all chunks together, in bytes.
    waiting_bytes: Arc<Semaphore>,
}

/// One file, shared by its writer and its readers.
#[derive(Debug)]
struct StoredFile {
    path: PathBuf,
    /// What of it is here, `None` once it is removed. Readers of a running upload wait on it.
    extent: watch::Sender<Option<Extent>>,
    /// Who may write: one at a time, a newcomer asks the holder to let go.
    leases: Leases,
    /// Bytes that it was promised room for.
    claimed: AtomicU64,
    /// CRC-32 of the first bytes of the file, and of how many; behind `extent` only after a restart.
    crc: Mutex<(u64, crc32fast::Hasher)>,
    /// SHA-256, which follows behind.
    digest: Digest,
    /// Held by whoever writes or erases the picture beside it.
    thumbnail: Mutex<()>,
}

/// What is here of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    /// Bytes that were taken, and verified where that was asked for.
    bytes: u64,
    /// Whether nothing follows.
    whole: bool,
}

/// What is known of a file once all of it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedFile {
    /// Its length in bytes.
    pub size_bytes: u64,
    /// CRC-32 (ISO-HDLC) of all its bytes.
    pub crc32: u32,
}

impl FileStore {
    /// The store in its folder. What a former process took but could not verify any more is cut off.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(settings: StoreSettings) -> io::Result<Self> {
        std::fs::create_dir_all(&settings.folder)?;
        unverified::cut_off(&settings.folder)?;
        thumbnail::sweep(&settings.folder)?;
        let traffic = Traffic::default();
        Ok(Self {
            background: Background::start(&settings.folder, &traffic)?,
            traffic,
            settings,
            open: Mutex::default(),
            buffers: Buffers::default(),
            waiting_bytes: Arc::new(Semaphore::new(append::WAITING_BYTES)),
        })
    }

    /// How many bytes of the file are here. Asks a running append to let go first: whoever asks is
    /// about to continue, and the former connection may be dead without anyone having noticed.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn offset(&self, id: FileId) -> io::Result<u64> {
        let file = self.stored(id)?;
        let _lease = file.leases.take().await;
        file.length()
    }

    /// How many bytes of the file are here, without disturbing anyone.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub fn length(&self, id: FileId) -> io::Result<u64> {
        self.stored(id)?.length()
    }

    /// When the last byte of a file arrived, or the file was created.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub fn touched_at(&self, id: FileId) -> io::Result<SystemTime> {
        std::fs::metadata(self.path(id))?.modified()
    }

    /// Declares that nothing follows: readers come to their end, and the rest of the work on the file
    /// goes on in the background.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn finish(&self, id: FileId) -> io::Result<FinishedFile> {
        let file = self.stored(id)?;
        let bytes = file.length()?;
        let crc = Arc::clone(&file);
        let crc32 = match file.known_crc(bytes) {
            Some(hasher) => hasher.finalize(),
            None => in_background(move || Ok(crc.crc_of_first(bytes)?.finalize())).await?,
        };
        self.finished(&file, bytes, crc32)
    }

    /// Nothing more is added to a file: what is done behind it begins.
    fn finished(&self, file: &Arc<StoredFile>, size_bytes: u64, crc32: u32) -> io::Result<FinishedFile> {
        self.seal(file)?;
        if self.settings.sync == Sync::Background {
            self.background.sync(file);
        }
        Ok(FinishedFile { size_bytes, crc32 })
    }

    /// The SHA-256 of a finished file, as soon as it is known; `None` when it cannot be, because the
    /// file was removed or the disk failed.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn sha256(&self, id: FileId) -> io::Result<Option<Sha256>> {
        let file = self.stored(id)?;
        self.seal(&file)?;
        Ok(file.digest.known().await)
    }

    /// Nothing more is added to a file: it is summed with SHA-256 from now on.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub fn sum(&self, id: FileId) -> io::Result<()> {
        self.seal(&self.stored(id)?)
    }

    /// Whether the SHA-256 of a file is known.
    #[must_use]
    pub fn digest_state(&self, id: FileId) -> DigestState {
        self.stored(id).map_or(DigestState::Never, |file| file.digest.state())
    }

    /// Changes whenever the [state](Self::digest_state) of some file's digest does.
    #[must_use]
    pub fn summed(&self) -> watch::Receiver<()> {
        self.background.summed()
    }

    /// Erases a file and its picture. Its writer is told to let go, its readers are cut; returns when it is gone.
    ///
    /// # Errors
    /// What the file system says; a file that is not here is no error.
    pub async fn remove(&self, id: FileId) -> io::Result<()> {
        let file = match self.stored(id) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let _lease = file.leases.take().await;
        file.extent.send_replace(None);
        self.background.give_up(&file);
        let removed = in_background(move || file.erase()).await;
        self.lock().remove(&id);
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Erases a file that nobody else knows of. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn discard(&self, id: FileId) -> io::Result<()> {
        if let Some(file) = self.lock().remove(&id) {
            file.extent.send_replace(None);
            self.background.give_up(&file);
        }
        std::fs::remove_file(self.path(id))
    }

    /// The ids of all files on disk. Whatever else lies in the folder is not ours and left alone.
    ///
    /// # Errors
    /// What the file system says.
    pub fn all(&self) -> io::Result<HashSet<FileId>> {
        let names = std::fs::read_dir(&self.settings.folder)?.collect::<io::Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
    }

    fn seal(&self, file: &Arc<StoredFile>) -> io::Result<()> {
        file.length()?;
        file.extent.send_if_modified(|extent| extent.as_mut().is_some_and(|extent| !std::mem::replace(&mut extent.whole, true)));
        self.background.digest(file);
        Ok(())
    }

    /// The file, opened into memory if it is on disk.
    fn stored(&self, id: FileId) -> io::Result<Arc<StoredFile>> {
        let mut open = self.lock();
        if let Some(file) = open.get(&id) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(id);
        let bytes = std::fs::metadata(&path)?.len();
        let file = Arc::new(StoredFile::new(path, bytes));
        open.insert(id, Arc::clone(&file));
        Ok(file)
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.settings.folder.join(id.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FileId, Arc<StoredFile>>> {
        self.open.lock().expect("no holder panics")
    }
}

impl StoredFile {
    fn new(path: PathBuf, bytes: u64) -> Self {
        Self {
            path,
            extent: watch::Sender::new(Some(Extent { bytes, whole: false })),
            leases: Leases::default(),
            claimed: AtomicU64::new(bytes),
            crc: Mutex::new((0, crc32fast::Hasher::new())),
            digest: Digest::default(),
            thumbnail: Mutex::default(),
        }
    }

    fn length(&self) -> io::Result<u64> {
        self.extent.borrow().map(|extent| extent.bytes).ok_or_else(removed)
    }

    /// From now on so many bytes are here.
    fn publish(&self, bytes: u64, crc: crc32fast::Hasher) {
        *self.crc.lock().expect("no holder panics") = (bytes, crc);
        self.claimed.fetch_max(bytes, Ordering::Relaxed);
        // One that was removed stays removed.
        self.extent.send_if_modified(|extent| extent.as_mut().map(|extent| extent.bytes = bytes).is_some());
    }

    fn known_crc(&self, length: u64) -> Option<crc32fast::Hasher> {
        let (known, hasher) = self.crc.lock().expect("no holder panics").clone();
        (known == length).then_some(hasher)
    }

    /// The CRC-32 of the first `length` bytes: kept while they arrive, computed from disk for those
    /// that arrived before a restart.
    fn crc_of_first(&self, length: u64) -> io::Result<crc32fast::Hasher> {
        if let Some(hasher) = self.known_crc(length) {
            return Ok(hasher);
        }
        let hasher = crc_of_file(&self.path, length)?;
        *self.crc.lock().expect("no holder panics") = (length, hasher.clone());
        Ok(hasher)
    }
}

fn crc_of_file(path: &Path, length: u64) -> io::Result<crc32fast::Hasher> {
    use std::io::Read as _;
    let mut hasher = crc32fast::Hasher::new();
    let mut file = std::fs::File::open(path)?.take(length);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn removed() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the file was removed")
}

/// Runs something that blocks on the threads made for it.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests;
