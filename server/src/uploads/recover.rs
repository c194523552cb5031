//! Recovering: after a start, makes what the journal knows and what is on disk agree.

use std::{collections::HashSet, io, sync::Arc};

use app::room::{FileEntry, FileState, PassingEvent, RoomEvent};

use super::{UploadError, Uploads};
use crate::{
    journal::{JournalError, SetAside},
    rooms::{RecordError, RoomHandle, Rooms},
};

/// The counts that recovery writes to the log.
#[derive(Debug, Default)]
struct Report {
    closed: usize,
    completed: usize,
    reopened: usize,
    lost: usize,
    orphaned: usize,
}

impl Uploads {
    /// Makes rooms, rows and files on disk agree, finishes what the last process could not, and logs one line with
    /// counts. Files that no room knows are erased or, if the journal was damaged, moved to the folder `set_aside`.
    ///
    /// # Errors
    /// [`RecoveryError`] when the journal or the file system fails.
    pub(crate) async fn recover(self: &Arc<Self>, rooms: &Arc<Rooms>, set_aside: Option<&SetAside>) -> Result<(), RecoveryError> {
        let mut known = HashSet::new();
        let mut report = Report::default();
        let all = rooms.all();
        for room in &all {
            if room.is_open() {
                for file in room.read(|room| room.uploads().cloned().collect::<Vec<_>>()) {
                    if self.reconcile(room, &file, &mut report).await? {
                        self.reconcile_thumbnail(room, &file).await?;
                        known.insert(file.id);
                    }
                }
            } else {
                // The files of a closed room have no row any more, so they are erased with the orphans below.
                rooms.forget(room.pin()).await?;
                report.closed += 1;
            }
        }
        for orphan in self.files.all()?.difference(&known) {
            match set_aside {
                Some(folder) => folder.take(&self.files.path(*orphan))?,
                None => self.files.remove(*orphan).await?,
            }
            report.orphaned += 1;
        }
        if let Some(folder) = set_aside
            && report.orphaned > 0
        {
            tracing::error!(files = report.orphaned, folder = %folder.path().display(), "files that no room knows any more were set aside");
        }
        tracing::info!(
            rooms.open = all.len() - report.closed,
            rooms.closed = report.closed,
            files = known.len(),
            files.completed = report.completed,
            files.reopened = report.reopened,
            files.lost = report.lost,
            files.orphaned = report.orphaned,
            "recovered"
        );
        Ok(())
    }

    /// Makes one row agree with the file on disk. Returns whether the row stays.
    async fn reconcile(self: &Arc<Self>, room: &RoomHandle, file: &FileEntry, report: &mut Report) -> Result<bool, RecoveryError> {
        let id = file.id;
        let length = match self.files.length(id) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report.lost += 1;
                self.erase(room, id).await?;
                return Ok(false);
            }
            length => length?,
        };
        match (file.state, file.size_bytes) {
            (FileState::Complete, Some(size_bytes)) if length == size_bytes => {
                if file.sha256.is_none() && !room.read(|room| room.is_part(id)) {
                    self.digests.add(room, id);
                }
            }
            // The machine stopped before the disk had all of it. The sender can send the rest again.
            (FileState::Complete, Some(size_bytes)) if length < size_bytes => {
                report.reopened += 1;
                record(room, RoomEvent::FileReopened { id, offset_bytes: length }).await?;
            }
            (_, Some(size_bytes)) if length > size_bytes => {
                report.lost += 1;
                self.erase(room, id).await?;
                return Ok(false);
            }
            (_, Some(size_bytes)) if length == size_bytes => {
                report.completed += 1;
                self.complete(room, id).await?;
            }
            _ => room.pass(PassingEvent::FileProgress { id, offset_bytes: length, state: FileState::Stopped }),
        }
        Ok(true)
    }

    /// Keeps the thumbnail of a row that has one and corrects the row when the thumbnail is missing. Erases a thumbnail
    /// that no row mentions.
    async fn reconcile_thumbnail(&self, room: &RoomHandle, file: &FileEntry) -> Result<(), RecoveryError> {
        let id = file.id;
        if file.has_thumbnail {
            match self.files.thumbnail(id).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => record(room, RoomEvent::ThumbnailLost { id }).await?,
                picture => return picture.map(|_| ()).map_err(RecoveryError::Files),
            }
        }
        // This also erases a thumbnail that a power cut made unreadable.
        Ok(self.files.erase_thumbnail(id).await?)
    }
}

async fn record(room: &RoomHandle, event: RoomEvent) -> Result<(), RecordError> {
    room.record(|_| Ok(event.clone())).await
}

/// Why the server could not start with this data folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the files cannot be read: {0}")]
    Files(#[from] io::Error),
}
