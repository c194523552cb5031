//! Room for files: what all of them may take, and what the disk keeps free.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use app::room::FileId;

use super::{FileStore, FinishedFile, StoredFile, Sync, in_background};

/// Why there is no room for more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSpace {
    /// All files together would be larger than they may be.
    #[error("all files together may have {0} bytes")]
    Storage(u64),
    /// Too little of the disk would stay free.
    #[error("{0} bytes of the disk stay free")]
    Disk(u64),
}

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is no room for it.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    /// Makes an empty file, with room for `claim` bytes in it.
    ///
    /// # Errors
    /// [`CreateError`]; nothing was made then.
    pub async fn create(&self, id: FileId, claim: u64) -> Result<(), CreateError> {
        let path = self.enter(id, claim)?.path.clone();
        let sync = self.settings.sync;
        let created = in_background(move || {
            OpenOptions::new().write(true).create_new(true).open(&path)?;
            let synced = match (sync, path.parent()) {
                (Sync::Always, Some(folder)) => File::open(folder).and_then(|folder| folder.sync_all()),
                _ => Ok(()),
            };
            synced.inspect_err(|_| drop(std::fs::remove_file(&path)))
        })
        .await;
        if created.is_err() {
            self.lock().remove(&id);
        }
        Ok(created?)
    }

    /// Makes a small file of bytes that are all here. Blocks.
    ///
    /// # Errors
    /// [`CreateError`]; nothing was made then.
    pub fn create_whole(&self, id: FileId, bytes: &[u8]) -> Result<FinishedFile, CreateError> {
        let file = self.enter(id, bytes.len() as u64)?;
        self.traffic.add_whole(bytes.len());
        if let Err(error) = self.write_whole(&file.path, bytes) {
            self.lock().remove(&id);
            return Err(error.into());
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytes);
        file.publish(bytes.len() as u64, crc.clone());
        Ok(self.finished(&file, bytes.len() as u64, crc.finalize())?)
    }

    /// Enters a new file into the books, with room for `claim` bytes. One that is there stays as it is.
    fn enter(&self, id: FileId, claim: u64) -> Result<Arc<StoredFile>, CreateError> {
        let mut open = self.lock();
        if open.contains_key(&id) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
        }
        self.check(&open, claim)?;
        let file = Arc::new(StoredFile::new(self.path(id), 0));
        file.claimed.store(claim, Ordering::Relaxed);
        open.insert(id, Arc::clone(&file));
        Ok(file)
    }

    /// All of a new file, or none of it.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut target = OpenOptions::new().write(true).create_new(true).open(path)?;
        let synced = |target: &File| if self.settings.sync == Sync::Always { target.sync_all() } else { Ok(()) };
        if let Err(error) = target.write_all(bytes).and_then(|()| synced(&target)) {
            std::fs::remove_file(path)?;
            return Err(error);
        }
        Ok(())
    }

    /// Sets room aside for the first `bytes` bytes of a file; what it had already stays its own.
    ///
    /// # Errors
    /// [`CreateError`]; the file keeps the room that it had then.
    pub fn claim(&self, id: FileId, bytes: u64) -> Result<(), CreateError> {
        let file = self.stored(id)?;
        Ok(self.claim_for(&file, bytes)?)
    }

    /// Gives back what a file was promised beyond what is here of it.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub fn disclaim(&self, id: FileId) -> io::Result<()> {
        let file = self.stored(id)?;
        file.claimed.store(file.length()?, Ordering::Relaxed);
        Ok(())
    }

    /// Says how many bytes a file was promised before a restart; nobody is refused now.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub fn promise(&self, id: FileId, bytes: u64) -> io::Result<()> {
        self.stored(id)?.claimed.fetch_max(bytes, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn claim_for(&self, file: &StoredFile, bytes: u64) -> Result<(), NoSpace> {
        let open = self.lock();
        let had = file.claimed.load(Ordering::Relaxed);
        if bytes > had {
            self.check(&open, bytes - had)?;
            file.claimed.store(bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether `more` bytes can be promised beside everything that was. Called under the lock, so that
    /// two who ask at once cannot both get the last of it.
    fn check(&self, open: &std::collections::HashMap<FileId, Arc<StoredFile>>, more: u64) -> Result<(), NoSpace> {
        let sum = |bytes: fn(&StoredFile) -> u64| open.values().fold(more, |sum, file| sum.saturating_add(bytes(file)));
        if let Some(most) = self.settings.max_storage
            && sum(|file| file.claimed.load(Ordering::Relaxed)) > most
        {
            return Err(NoSpace::Storage(most));
        }
        let keep = self.settings.min_free_space;
        if keep > 0 {
            let outstanding = sum(|file| file.claimed.load(Ordering::Relaxed).saturating_sub(file.length().unwrap_or(0)));
            // A disk that cannot be asked is no reason to refuse: writing will tell.
            let free = rustix::fs::statvfs(&self.settings.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
            if free.saturating_sub(outstanding) < keep {
                return Err(NoSpace::Disk(keep));
            }
        }
        Ok(())
    }
}
