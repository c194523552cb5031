//! The end of an upload: all of it is here, in the list, and summed. Joins rooms and files, which do not
//! know each other.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{FileId, FileState, Room, RoomEvent, Sha256};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    files::{DigestState, FileStore},
    journal::JournalError,
    rooms::{RecordError, RoomHandle},
};

/// How long digests are gathered before they are recorded: each for itself, those of a thousand small
/// files would cost as much as the files.
const GATHERING: Duration = Duration::from_millis(50);

/// Why a file is not in the list as complete.
#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    /// There is no such file any more, or no such room.
    #[error("the file was removed")]
    Gone,
    /// It could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}

/// Completes uploads, and adds their digests to the list as they become known.
#[derive(Debug)]
pub struct Completion {
    files: Arc<FileStore>,
    unsummed: Arc<Mutex<Vec<Unsummed>>>,
    _recording: AbortOnDropHandle<()>,
}

/// A complete file whose row has no digest.
#[derive(Debug)]
struct Unsummed {
    room: RoomHandle,
    id: FileId,
}

impl Completion {
    /// Starts the task that records digests; it ends with this.
    #[must_use]
    pub fn start(files: Arc<FileStore>) -> Self {
        let unsummed = Arc::new(Mutex::new(Vec::new()));
        let recording = tokio::spawn(record_digests(Arc::clone(&files), Arc::clone(&unsummed)));
        Self { files, unsummed, _recording: AbortOnDropHandle::new(recording) }
    }

    /// The last byte is here: says so in the list, and has the file summed behind it. Does nothing for one
    /// that is complete already.
    ///
    /// # Errors
    /// [`CompletionError`]; the file can be completed later.
    pub async fn complete(&self, room: &RoomHandle, id: FileId) -> Result<(), CompletionError> {
        let finished = self.files.finish(id).await?;
        let completed = room
            .record(|room| match room.upload(id) {
                Some(file) if file.state == FileState::Complete => Err(false),
                Some(file) if file.size_bytes == Some(finished.size_bytes) => Ok(RoomEvent::FileCompleted { id, crc32: finished.crc32 }),
                _ => Err(true),
            })
            .await;
        match completed {
            Ok(()) => {
                // A part is summed as part of its whole.
                if !room.read(|room| room.is_part(id)) {
                    self.digest(room, id);
                }
                Ok(())
            }
            Err(RecordError::Refused(false)) => Ok(()),
            Err(RecordError::Refused(true) | RecordError::Closed) => Err(CompletionError::Gone),
            Err(RecordError::Journal(error)) => Err(error.into()),
        }
    }

    /// Adds the SHA-256 to the row of a complete file soon after it is known.
    pub fn digest(&self, room: &RoomHandle, id: FileId) {
        self.unsummed.lock().expect("no holder panics").push(Unsummed { room: room.clone(), id });
        if let Err(error) = self.files.sum(id) {
            tracing::debug!(file.id = %id, %error, "a file was gone before it was summed");
        }
    }
}

/// Records what was summed, again and again, many files at once.
async fn record_digests(files: Arc<FileStore>, added: Arc<Mutex<Vec<Unsummed>>>) {
    let mut summed = files.summed();
    let mut unsummed = Vec::new();
    while summed.changed().await.is_ok() {
        tokio::time::sleep(GATHERING).await;
        summed.mark_unchanged();
        unsummed.append(&mut added.lock().expect("no holder panics"));
        let mut digests: Vec<(RoomHandle, FileId, Sha256)> = Vec::new();
        unsummed.retain(|file| match files.digest_state(file.id) {
            DigestState::Open => file.room.is_open(),
            DigestState::Known(sha256) => {
                digests.push((file.room.clone(), file.id, sha256));
                false
            }
            DigestState::Never => false,
        });
        for of_one_room in digests.chunk_by(|(one, ..), (other, ..)| one.pin() == other.pin()) {
            let room = &of_one_room[0].0;
            let digests = of_one_room.iter().map(|&(_, id, sha256)| RoomEvent::FileDigested { id, sha256 });
            let recorded =
                room.record_all(|room| Ok::<_, std::convert::Infallible>(digests.filter(|event| is_news(room, event)).collect()));
            if let Err(RecordError::Journal(error)) = recorded.await {
                // The next start sums them again.
                tracing::debug!(files = of_one_room.len(), %error, "digests were not recorded");
            }
        }
    }
}

/// Whether the file is there and has no digest.
fn is_news(room: &Room, event: &RoomEvent) -> bool {
    matches!(event, RoomEvent::FileDigested { id, .. }
        if room.upload(*id).is_some_and(|file| file.state == FileState::Complete && file.sha256.is_none()))
}
