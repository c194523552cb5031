//! Syncing files to the disk in the background, so that they survive a power cut.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{StoredFile, background::Background};

/// How long files are gathered before they are synced. If each of a thousand small files were synced by itself, the
/// disk would be busy with that while the next files are created on it.
const GATHERING: Duration = Duration::from_millis(100);
/// Up to this many files are synced one by one.
const FEW_FILES: usize = 4;

/// A handle to the thread that syncs files.
#[derive(Clone, Debug)]
pub(super) struct Syncs {
    background: Background,
}

impl Syncs {
    /// Starts the thread that syncs the files of this folder.
    pub(super) fn start(folder: &Path) -> io::Result<Self> {
        let folder = File::open(folder)?;
        Ok(Self { background: Background::start("sync", GATHERING, move |queue| sync(&folder, queue))? })
    }

    /// Queues a file, so that the bytes of it that are here are synced soon.
    pub(super) fn add(&self, file: &Arc<StoredFile>) {
        if !file.sync_waits.swap(true, Ordering::AcqRel) {
            self.background.add(file);
        }
    }
}

/// Syncs all files of the queue: a few files one by one, many files by one sync of the whole file system.
fn sync(folder: &File, queue: &mut VecDeque<Arc<StoredFile>>) {
    for file in &*queue {
        file.sync_waits.store(false, Ordering::Release);
    }
    let synced = if queue.len() > FEW_FILES {
        rustix::fs::syncfs(folder).map_err(io::Error::from)
    } else {
        queue.iter().try_for_each(|file| sync_file(file))
    };
    if let Err(error) = synced {
        tracing::error!(%error, "files could not be brought to the disk");
    }
    queue.clear();
}

fn sync_file(file: &StoredFile) -> io::Result<()> {
    match File::open(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        source => source?.sync_data(),
    }
}
