//! The files on disk: create, append, finish, read, remove.
//!
//! A file is named by its id alone and lies in one flat folder; its length on disk *is* the offset of
//! its upload, so the two cannot drift apart, and a kill at any moment leaves the truth. Names, owners
//! and rooms are not known here.

mod append;
mod archive;
mod lease;
mod read;

use std::{
    collections::{HashMap, HashSet},
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use app::room::FileId;
use tokio::sync::watch;

pub use append::AppendError;
pub use archive::{Archive, ArchivedFile};
use lease::Leases;
pub use read::ReadError;

/// Every file of this server.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
    open: Mutex<HashMap<FileId, Arc<StoredFile>>>,
    idle_upload: Duration,
    idle_download: Duration,
}

/// One file, shared by its writer and its readers.
#[derive(Debug)]
struct StoredFile {
    path: PathBuf,
    /// Bytes on disk, `None` once the file is removed. Readers of a running upload wait on it.
    length: watch::Sender<Option<u64>>,
    /// Who may write: one at a time, a newcomer asks the holder to let go.
    leases: Leases,
    /// CRC-32 of the first bytes of the file, and of how many; behind `length` only after a restart.
    crc: Mutex<(u64, crc32fast::Hasher)>,
}

impl FileStore {
    /// The store in `folder`, which is created if missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: PathBuf, idle_upload: Duration, idle_download: Duration) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, open: Mutex::default(), idle_upload, idle_download })
    }

    /// Makes an empty file.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn create(&self, id: FileId) -> io::Result<()> {
        let path = self.path(id);
        in_background(move || OpenOptions::new().write(true).create_new(true).open(path).map(drop)).await?;
        self.stored(id).map(drop)
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

    /// Syncs a complete file to disk.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn finish(&self, id: FileId) -> io::Result<FinishedFile> {
        let file = self.stored(id)?;
        let length = file.length()?;
        in_background(move || {
            OpenOptions::new().write(true).open(&file.path)?.sync_data()?;
            Ok(FinishedFile { size_bytes: length, crc32: file.crc_of_first(length)?.finalize() })
        })
        .await
    }

    /// Erases a file. Its writer is told to let go, its readers are cut; returns when it is gone.
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
        file.length.send_replace(None);
        let path = file.path.clone();
        let removed = in_background(move || std::fs::remove_file(path)).await;
        self.lock().remove(&id);
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The ids of all files on disk. Whatever else lies in the folder is not ours and left alone.
    ///
    /// # Errors
    /// What the file system says.
    pub fn all(&self) -> io::Result<HashSet<FileId>> {
        let names = std::fs::read_dir(&self.folder)?.collect::<io::Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
    }

    /// The file, opened into memory if it is on disk.
    fn stored(&self, id: FileId) -> io::Result<Arc<StoredFile>> {
        let mut open = self.lock();
        if let Some(file) = open.get(&id) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(id);
        let length = std::fs::metadata(&path)?.len();
        let file = Arc::new(StoredFile {
            path,
            length: watch::Sender::new(Some(length)),
            leases: Leases::default(),
            crc: Mutex::new((0, crc32fast::Hasher::new())),
        });
        open.insert(id, Arc::clone(&file));
        Ok(file)
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FileId, Arc<StoredFile>>> {
        self.open.lock().expect("no holder panics")
    }
}

/// What is known of a file once all of it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedFile {
    /// Its length in bytes.
    pub size_bytes: u64,
    /// CRC-32 (ISO-HDLC) of all its bytes.
    pub crc32: u32,
}

impl StoredFile {
    fn length(&self) -> io::Result<u64> {
        self.length.borrow().ok_or_else(removed)
    }

    /// The CRC-32 of the first `length` bytes: kept while they arrive, computed from disk for those
    /// that arrived before a restart.
    fn crc_of_first(&self, length: u64) -> io::Result<crc32fast::Hasher> {
        let (known, hasher) = self.crc.lock().expect("no holder panics").clone();
        if known == length {
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
