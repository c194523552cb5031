//! After a start: what the journal knows and what lies on disk are brought together.

use std::{collections::HashSet, sync::Arc};

use app::room::{FileId, FileState, PassingEvent, RoomEvent};

use crate::{
    files::FileStore,
    journal::JournalError,
    rooms::{RecordError, RoomHandle, Rooms},
};

/// Ends what the last process could not, and reports it in one line.
///
/// # Errors
/// What the journal or the file system says.
pub(crate) async fn run(rooms: &Arc<Rooms>, files: &Arc<FileStore>) -> Result<(), RecoveryError> {
    let mut known = HashSet::new();
    let (mut closed, mut lost, mut orphans) = (0, 0, 0);
    let all = rooms.all();
    for room in &all {
        if room.is_open() {
            known.extend(reconcile(room, files, &mut lost).await?);
        } else {
            // Its files have no row any more and go with the orphans.
            rooms.forget(room.pin()).await?;
            closed += 1;
        }
    }
    for orphan in files.all()?.difference(&known) {
        files.remove(*orphan).await?;
        orphans += 1;
    }
    tracing::info!(
        rooms.open = all.len() - closed,
        rooms.closed = closed,
        files = known.len(),
        files.lost = lost,
        files.orphaned = orphans,
        "recovered"
    );
    Ok(())
}

/// Brings one room's list to what is on disk; the ids of the files that it keeps.
async fn reconcile(room: &RoomHandle, files: &FileStore, lost: &mut usize) -> Result<Vec<FileId>, RecoveryError> {
    let mut kept = Vec::new();
    for file in room.snapshot().room.files {
        let id = file.id;
        let event = match files.length(id) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RoomEvent::FileRemoved { id },
            Err(error) => return Err(error.into()),
            Ok(length) if file.state == FileState::Complete && length == file.size_bytes => {
                kept.push(id);
                continue;
            }
            Ok(_) if file.state == FileState::Complete => RoomEvent::FileRemoved { id },
            Ok(length) if length == file.size_bytes => {
                let crc32 = files.finish(id).await?.crc32;
                kept.push(id);
                RoomEvent::FileCompleted { id, crc32 }
            }
            Ok(offset_bytes) => {
                kept.push(id);
                room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
                continue;
            }
        };
        *lost += usize::from(matches!(event, RoomEvent::FileRemoved { .. }));
        room.record(|_| Ok::<_, std::convert::Infallible>(event)).await?;
    }
    Ok(kept)
}

/// Why the server could not start on this data folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the files cannot be read: {0}")]
    Files(#[from] std::io::Error),
}
