//! Recording the digests of files, as they become known.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{FileId, FileState, Room, RoomEvent, Sha256};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    files::{DigestState, FileStore},
    locks::lock,
    rooms::{RecordError, RoomHandle},
};

/// How long digests are gathered before they are recorded together: recording those of a thousand small files one by
/// one would cost as much as receiving the files.
const GATHERING: Duration = Duration::from_millis(50);

/// Has files digested, and records their digests. Its task ends when this is dropped.
#[derive(Debug)]
pub(super) struct DigestRecorder {
    files: Arc<FileStore>,
    added: Arc<Mutex<Vec<Undigested>>>,
    _task: AbortOnDropHandle<()>,
}

/// A complete file whose row has no digest yet.
#[derive(Debug)]
struct Undigested {
    room: RoomHandle,
    id: FileId,
}

impl DigestRecorder {
    /// Starts the task.
    pub(super) fn start(files: Arc<FileStore>) -> Self {
        let added = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(record_digests(Arc::clone(&files), Arc::clone(&added)));
        Self { files, added, _task: AbortOnDropHandle::new(task) }
    }

    /// Has a complete file digested, and the digest recorded soon after it is known.
    pub(super) fn add(&self, room: &RoomHandle, id: FileId) {
        lock(&self.added).push(Undigested { room: room.clone(), id });
        if let Err(error) = self.files.begin_digest(id) {
            tracing::debug!(file.id = %id, %error, "a file was gone before it was digested");
        }
    }
}

/// The work of the task: waits for digests and records those of several files at once, again and again.
async fn record_digests(files: Arc<FileStore>, added: Arc<Mutex<Vec<Undigested>>>) {
    let mut changes = files.digests();
    let mut undigested = Vec::new();
    while changes.changed().await.is_ok() {
        tokio::time::sleep(GATHERING).await;
        changes.mark_unchanged();
        undigested.append(&mut lock(&added));
        let mut digests: Vec<(RoomHandle, FileId, Sha256)> = Vec::new();
        undigested.retain(|file| match files.digest_state(file.id) {
            DigestState::Pending => file.room.is_open(),
            DigestState::Known(sha256) => {
                digests.push((file.room.clone(), file.id, sha256));
                false
            }
            DigestState::Unavailable => false,
        });
        for of_one_room in digests.chunk_by(|(one, ..), (other, ..)| one.pin() == other.pin()) {
            let recorded = of_one_room[0].0.record(|room| {
                let lacking = of_one_room.iter().filter(|(_, id, _)| lacks_digest(room, *id));
                Ok::<_, std::convert::Infallible>(
                    lacking.map(|&(_, id, sha256)| RoomEvent::FileDigested { id, sha256 }).collect::<Vec<_>>(),
                )
            });
            if let Err(RecordError::Journal(error)) = recorded.await {
                // The next start has these files digested again.
                tracing::debug!(files = of_one_room.len(), %error, "digests were not recorded");
            }
        }
    }
}

/// Whether the file is complete and its row has no digest.
fn lacks_digest(room: &Room, id: FileId) -> bool {
    room.upload(id).is_some_and(|file| file.state == FileState::Complete && file.sha256.is_none())
}
