//! The table of open files, and the steps that several operations of the store share.

use std::{collections::HashSet, io, path::Path, sync::Arc};

use app::room::FileId;

use super::{FileStore, FinishedFile, StoredFile, SyncMode, thumbnail};
use crate::locks::lock;

impl FileStore {
    /// Returns a file from the table. A file that is on disk but not in the table is added to it first.
    pub(super) fn stored(&self, id: FileId) -> io::Result<Arc<StoredFile>> {
        let mut open = lock(&self.open);
        if let Some(file) = open.get(&id) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(id);
        let bytes = std::fs::metadata(&path)?.len();
        let thumbnail_bytes = thumbnail::length_beside(&path);
        let file = Arc::new(StoredFile::found(path, bytes, self.space.present(bytes), thumbnail_bytes));
        open.insert(id, Arc::clone(&file));
        Ok(file)
    }

    /// Takes a file out of the table; its bytes stay on disk.
    pub(super) fn take_out(&self, id: FileId) -> Option<Arc<StoredFile>> {
        lock(&self.open).remove(&id)
    }

    /// Marks a file as complete, and starts its digest and, with [`SyncMode::Background`], its sync.
    pub(super) fn finish_file(&self, file: &Arc<StoredFile>, size_bytes: u64, crc32: u32) -> io::Result<FinishedFile> {
        self.mark_finished(file)?;
        if self.settings.sync == SyncMode::Background {
            self.syncs.add(file);
        }
        Ok(FinishedFile { size_bytes, crc32 })
    }

    /// Lets readers reach the end of the file, and starts the digest.
    pub(super) fn mark_finished(&self, file: &Arc<StoredFile>) -> io::Result<()> {
        file.finish()?;
        file.claim.close_window();
        self.digests.add(file);
        Ok(())
    }

    /// Marks a file as removed: its readers end with an error, and its digest is given up.
    pub(super) fn mark_removed(&self, file: &StoredFile) {
        file.mark_removed();
        self.digests.give_up(file);
    }
}

/// The ids of the files in a folder.
pub(super) fn ids_in(folder: &Path) -> io::Result<HashSet<FileId>> {
    let names = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    Ok(names.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}
