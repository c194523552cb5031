//! Progress: tells a room how much of a chunk has been written, and how the chunk ended.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{FileId, FileState, PassingEvent};
use tokio::sync::watch;

use crate::{locks::lock, rooms::RoomHandle};

/// The shortest time between two progress reports of one upload.
const PERIOD: Duration = Duration::from_millis(100);

/// The progress of one chunk. Once anything of the chunk was written, the room is told how the chunk ended, even when
/// the request is dropped.
pub(super) struct Progress {
    room: RoomHandle,
    id: FileId,
    /// The length of the file on disk; `None` before the first write.
    offset: watch::Sender<Option<u64>>,
    /// Whether the chunk has ended. The room is told of progress under this lock, so that no report follows the end.
    ended: Arc<Mutex<bool>>,
}

impl Progress {
    /// Tells the room about writes from now on: about the first one at once, and later at most once in [`PERIOD`].
    pub(super) fn start(room: RoomHandle, id: FileId) -> Self {
        let (offset, mut changes) = watch::channel(None);
        let progress = Self { room: room.clone(), id, offset, ended: Arc::default() };
        let ended = Arc::clone(&progress.ended);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let Some(offset_bytes) = *changes.borrow_and_update() else { continue };
                {
                    let ended = lock(&ended);
                    if *ended {
                        return;
                    }
                    room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Arriving });
                }
                tokio::time::sleep(PERIOD).await;
            }
        });
        progress
    }

    /// Returns the function to call after every write, with the length of the file on disk.
    pub(super) fn reporter(&self) -> impl Fn(u64) + Send + 'static {
        let offset = self.offset.clone();
        move |offset_bytes| {
            offset.send_replace(Some(offset_bytes));
        }
    }

    /// Ends the progress of the chunk: `offset_bytes` bytes of the file have arrived, and the upload is in `state`.
    pub(super) fn end(&self, offset_bytes: u64, state: FileState) {
        let mut ended = lock(&self.ended);
        if !std::mem::replace(&mut *ended, true) && self.offset.borrow().is_some() {
            self.room.pass(PassingEvent::FileProgress { id: self.id, offset_bytes, state });
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let offset = *self.offset.borrow();
        if let Some(offset_bytes) = offset {
            self.end(offset_bytes, FileState::Stopped);
        }
    }
}
