//! After a start: what the journal knows and what lies on disk are brought together.

use std::{collections::HashSet, io, sync::Arc};

use app::room::{FileEntry, FileState, PassingEvent, RoomEvent};

use crate::{
    completion::{Completion, CompletionError},
    files::FileStore,
    journal::JournalError,
    rooms::{RecordError, RoomHandle, Rooms},
};

/// What a start found.
#[derive(Debug, Default)]
struct Report {
    closed: usize,
    completed: usize,
    reopened: usize,
    lost: usize,
    orphaned: usize,
}

/// Ends what the last process could not, and reports it in one line.
///
/// # Errors
/// What the journal or the file system says.
pub(crate) async fn run(rooms: &Arc<Rooms>, files: &FileStore, completion: &Completion) -> Result<(), RecoveryError> {
    let mut known = HashSet::new();
    let mut report = Report::default();
    let all = rooms.all();
    for room in &all {
        if room.is_open() {
            for file in room.snapshot().room.uploads() {
                if reconcile(room, file, files, completion, &mut report).await? {
                    reconcile_thumbnail(room, file, files).await?;
                    known.insert(file.id);
                }
            }
        } else {
            // Its files have no row any more and go with the orphans.
            rooms.forget(room.pin()).await?;
            report.closed += 1;
        }
    }
    for orphan in files.all()?.difference(&known) {
        files.remove(*orphan).await?;
        report.orphaned += 1;
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

/// Brings one row to what is on disk; whether the row stays.
async fn reconcile(
    room: &RoomHandle,
    file: &FileEntry,
    files: &FileStore,
    completion: &Completion,
    report: &mut Report,
) -> Result<bool, RecoveryError> {
    let id = file.id;
    let length = match files.length(id) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.lost += 1;
            record(room, RoomEvent::FileRemoved { id }).await?;
            return Ok(false);
        }
        length => length?,
    };
    files.promise(id, file.size_bytes.unwrap_or(length))?;
    match (file.state, file.size_bytes) {
        (FileState::Complete, Some(size_bytes)) if length == size_bytes => {
            if file.sha256.is_none() && !room.read(|room| room.is_part(id)) {
                completion.digest(room, id);
            }
        }
        // The machine stopped before the disk had all of it: its sender can bring the rest again.
        (FileState::Complete, Some(size_bytes)) if length < size_bytes => {
            report.reopened += 1;
            record(room, RoomEvent::FileReopened { id, offset_bytes: length }).await?;
        }
        (_, Some(size_bytes)) if length > size_bytes => {
            report.lost += 1;
            record(room, RoomEvent::FileRemoved { id }).await?;
            return Ok(false);
        }
        (_, Some(size_bytes)) if length == size_bytes => {
            report.completed += 1;
            completion.complete(room, id).await?;
        }
        _ => room.pass(PassingEvent::FileProgress { id, offset_bytes: length, state: FileState::Stopped }),
    }
    Ok(true)
}

/// A picture that was told of is here; one that nobody was told of goes.
async fn reconcile_thumbnail(room: &RoomHandle, file: &FileEntry, files: &FileStore) -> Result<(), RecoveryError> {
    let id = file.id;
    if file.has_thumbnail {
        match files.thumbnail(id).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => record(room, RoomEvent::ThumbnailLost { id }).await?,
            picture => return picture.map(drop).map_err(RecoveryError::Files),
        }
    }
    // Also what a power cut left of it.
    Ok(files.erase_thumbnail(id).await?)
}

async fn record(room: &RoomHandle, event: RoomEvent) -> Result<(), RecordError> {
    room.record(|_| Ok::<_, std::convert::Infallible>(event)).await
}

/// Why the server could not start on this data folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Completion(#[from] CompletionError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the files cannot be read: {0}")]
    Files(#[from] io::Error),
}
