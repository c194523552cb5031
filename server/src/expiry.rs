//! Expiry: a task that closes rooms which nobody has used for a long time, and gives up unfinished uploads to
//! which nothing has been added for a long time.

use std::{sync::Arc, time::Duration};

use app::room::ClosedBy;
use tokio_util::sync::CancellationToken;

use crate::{rooms::Rooms, uploads::Uploads};

/// How long rooms and uploads are kept without being used.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// How long a room is kept.
    pub room: Duration,
    /// How long a room is kept in which there was never a file, a text or a guest, if that is shorter.
    pub unshared_room: Duration,
    /// How long an unfinished upload is kept.
    pub upload: Duration,
    /// How long an unfinished upload keeps its claim on space that its next bytes would need.
    pub claim: Duration,
}

/// Closes unused rooms and erases abandoned uploads, until `stop` is cancelled.
pub async fn run(rooms: Arc<Rooms>, uploads: Arc<Uploads>, lifetimes: Lifetimes, stop: CancellationToken) {
    // The check runs ten times in the shortest lifetime, and at least once a minute. So whatever ends ends at most a tenth
    // of that lifetime, and at most a minute, too late.
    let shortest = lifetimes.room.min(lifetimes.unshared_room).min(lifetimes.upload).min(lifetimes.claim);
    let mut tick = tokio::time::interval((shortest / 10).min(Duration::from_secs(60)));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        for room in rooms.unused_for(lifetimes.room, lifetimes.unshared_room) {
            if let Err(error) = uploads.close_room(&rooms, room, ClosedBy::Unused).await {
                tracing::warn!(%error, "an unused room could not be closed");
            }
        }
        for room in rooms.all() {
            uploads.give_up_idle(&room, lifetimes.upload, lifetimes.claim).await;
        }
    }
}
