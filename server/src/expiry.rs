//! What nobody used for a long time ends: rooms, and uploads that stopped.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use app::room::{ClosedBy, FileId, FileState, RoomEvent};
use tokio_util::sync::CancellationToken;

use crate::{
    closing,
    files::FileStore,
    rooms::{RoomHandle, Rooms},
};

/// How long things live without being used.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// A room.
    pub room: Duration,
    /// An unfinished upload.
    pub upload: Duration,
}

/// Ends what is over, until `stop`.
pub async fn run(rooms: Arc<Rooms>, files: Arc<FileStore>, lifetimes: Lifetimes, stop: CancellationToken) {
    // A thing lives at most a tenth longer than promised, a day's one at most a minute.
    let mut tick = tokio::time::interval((lifetimes.room.min(lifetimes.upload) / 10).min(Duration::from_secs(60)));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        for room in rooms.unused_for(lifetimes.room) {
            if let Err(error) = closing::close(&rooms, &files, room, ClosedBy::Unused).await {
                tracing::warn!(%error, "an unused room could not be closed");
            }
        }
        for room in rooms.all() {
            give_up_uploads(&room, &files, lifetimes.upload).await;
        }
    }
}

/// Erases the unfinished uploads of a room, parts included, to which nothing was added for `ttl`.
async fn give_up_uploads(room: &RoomHandle, files: &FileStore, ttl: Duration) {
    let unfinished = |id: FileId| room.read(|room| room.is_part(id) || room.file(id).is_some_and(|file| file.state != FileState::Complete));
    let uploads: Vec<FileId> = room.read(|room| room.uploads().map(|file| file.id).collect());
    for id in uploads.into_iter().filter(|id| unfinished(*id)) {
        let expired = files.touched_at(id).is_ok_and(|touched| touched + ttl <= SystemTime::now());
        if !expired {
            continue;
        }
        let given_up = room.record(|room| room.upload(id).map(|_| RoomEvent::FileRemoved { id }).ok_or(())).await;
        if given_up.is_ok()
            && let Err(error) = files.remove(id).await
        {
            // The next start finds bytes without a row and erases them.
            tracing::error!(file.id = %id, %error, "an expired upload could not be erased");
        }
    }
}
