//! Creating: makes a new file that is either empty or complete at once.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    net::IpAddr,
    path::Path,
    sync::Arc,
};

use app::room::FileId;

use super::{FileStore, FinishedFile, NoSpace, StoredFile, SyncMode};
use crate::{locks::lock, tasks::blocking};

/// Why a file was not created, or disk space was not claimed for it.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is not enough disk space for it.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
    /// The disk failed; `AlreadyExists` when there is a file with this id, and `NotFound` when a part, or the file to
    /// claim for, is not here.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    pub(super) async fn create_empty(&self, id: FileId, bytes: u64, claimant: Option<IpAddr>) -> Result<(), CreateError> {
        let path = self.enter(id, bytes, claimant)?.path.clone();
        let sync = self.settings.sync;
        let created = blocking(move || {
            OpenOptions::new().write(true).create_new(true).open(&path)?;
            sync_entry(&path, sync).inspect_err(|_| {
                #[expect(clippy::let_underscore_must_use, reason = "no room knows the file, so the next start erases it if this fails")]
                let _ = std::fs::remove_file(&path);
            })
        })
        .await;
        if created.is_err() {
            self.take_out(id);
        }
        Ok(created?)
    }

    pub(super) fn write_finished(&self, id: FileId, bytes: &[u8]) -> Result<FinishedFile, CreateError> {
        let file = self.enter(id, bytes.len() as u64, None)?;
        self.traffic.add_small_file(bytes.len());
        // All of it is claimed before it is written, so that files at once cannot go beyond the limits together.
        let length = bytes.len() as u64;
        let claimed = file.claim.raise(length, length).map_err(CreateError::from);
        if let Err(error) = claimed.and_then(|_| self.write_whole(&file.path, bytes).map_err(CreateError::from)) {
            self.take_out(id);
            return Err(error);
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytes);
        file.publish(bytes.len() as u64, crc.clone());
        Ok(self.finish_file(&file, bytes.len() as u64, crc.finalize())?)
    }

    /// Adds a new file to the table, which will have `bytes` bytes. Fails with `AlreadyExists` if the table has a file
    /// with this id.
    fn enter(&self, id: FileId, bytes: u64, claimant: Option<IpAddr>) -> Result<Arc<StoredFile>, CreateError> {
        // Claimed before the table is locked, because the disk may take its time to say how much of it is free.
        let claim = self.space.claim(bytes, claimant);
        let mut open = lock(&self.open);
        if open.contains_key(&id) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
        }
        let file = Arc::new(StoredFile::new(self.path(id), 0, claim?));
        open.insert(id, Arc::clone(&file));
        Ok(file)
    }

    /// Writes a new file. If that fails, the file is removed again.
    fn write_whole(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut target = OpenOptions::new().write(true).create_new(true).open(path)?;
        let sync = self.settings.sync;
        let mut write = || {
            target.write_all(bytes)?;
            if sync == SyncMode::Always {
                target.sync_all()?;
            }
            sync_entry(path, sync)
        };
        if let Err(error) = write() {
            std::fs::remove_file(path)?;
            return Err(error);
        }
        Ok(())
    }
}

/// Brings a change of a folder, which added or removed the entry at `path`, to the disk if acknowledged things have to
/// be there.
pub(super) fn sync_entry(path: &Path, sync: SyncMode) -> io::Result<()> {
    match (sync, path.parent()) {
        (SyncMode::Always, Some(folder)) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
