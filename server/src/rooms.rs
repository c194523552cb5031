//! The table of all rooms on this server: it creates rooms, finds them by PIN, and lists those that nobody has used for
//! a long time.
//!
//! What happens inside one room is left to [`RoomHandle`]. This module knows nothing of stored files:
//! [`crate::uploads`] connects rooms and files.

mod attendance;
mod broadcast;
mod coverage;
mod decision;
mod downloads;
mod handle;
mod held_seats;
mod member_sockets;
mod names;
mod quiet_use;
mod record;
mod record_error;
mod reservation;
mod seats;
mod snapshot_messages;
mod snippets;
mod state;
mod subscription;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{Pin, Role, Room, Snapshot};
use rand::RngExt as _;
use tokio::time::Instant;

use crate::{
    clock::unix_ms,
    journal::{Journal, JournalError, Recovered, RoomRecord},
    locks::lock,
    tasks::detached,
};

pub use attendance::Attendance;
pub use broadcast::Broadcast;
pub use decision::{DecidedRoom, Decision};
pub use downloads::TrackedDownload;
pub use handle::RoomHandle;
pub use quiet_use::QuietUse;
pub use record_error::RecordError;
pub use seats::{MAX_SEATS, Newcomer, NoSeat, Seat};
pub use snippets::{MAX_SNIPPETS, NoSuchSnippet, TooManySnippets};
pub use subscription::Subscription;

/// At most one PIN in this many is in use, so that guessing one stays hopeless on a busy server, too.
const PIN_SPARSENESS: u64 = 20;

/// Why no room was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// So many PINs are taken that guessing one would be easy.
    #[error("no PIN is free")]
    Full,
    /// The room could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// All rooms of this server, by PIN.
#[derive(Debug)]
pub struct Rooms {
    rooms: Mutex<HashMap<Pin, RoomHandle>>,
    journal: Arc<Journal>,
    pin_digits: usize,
    grace: Duration,
}

impl Rooms {
    /// Takes over the rooms that the journal recovered. The seat of every member is held for `grace`, so that nobody
    /// loses a seat because the server restarted.
    #[must_use]
    pub fn new(journal: Arc<Journal>, recovered: Vec<Recovered>, pin_digits: usize, grace: Duration) -> Self {
        let rooms = recovered
            .into_iter()
            .map(|room| {
                let handle = RoomHandle::recover(room, Arc::clone(&journal), grace);
                (handle.pin().clone(), handle)
            })
            .collect();
        Self { rooms: Mutex::new(rooms), journal, pin_digits, grace }
    }

    /// Opens a room under an unused PIN, with `newcomer` as its owner. The work is finished even when the caller is
    /// dropped, so that no PIN stays taken by a room that could not be recorded.
    ///
    /// # Errors
    /// [`CreateError`]; no room exists then.
    pub async fn create(self: &Arc<Self>, newcomer: Newcomer) -> Result<(RoomHandle, Seat), CreateError> {
        let rooms = Arc::clone(self);
        detached(async move {
            let handle = rooms.take_free_pin()?;
            match handle.seat(newcomer, Role::Owner).await {
                Ok(seat) => Ok((handle, seat)),
                Err(error) => {
                    rooms.table().remove(handle.pin());
                    Err(match error {
                        RecordError::Journal(error) => CreateError::Journal(error),
                        RecordError::Closed | RecordError::Refused(_) => CreateError::Full,
                    })
                }
            }
        })
        .await
    }

    /// Finds the open room with this PIN. This never waits, because all rooms are in memory.
    pub async fn find(&self, pin: &Pin) -> Option<RoomHandle> {
        self.table().get(pin).filter(|room| room.is_open()).cloned()
    }

    /// Erases everything about a closed room from the journal, and frees its PIN.
    ///
    /// # Errors
    /// The error of the journal; the next start tries again.
    pub async fn forget(&self, pin: &Pin) -> Result<(), JournalError> {
        self.journal.forget(pin.clone()).await?;
        self.table().remove(pin);
        Ok(())
    }

    /// The open rooms that nobody has used for `ttl`.
    #[must_use]
    pub fn unused_for(&self, ttl: Duration) -> Vec<RoomHandle> {
        let now = Instant::now();
        let unused = |room: &&RoomHandle| room.is_open() && room.used_at(now) + ttl <= now;
        self.table().values().filter(unused).cloned().collect()
    }

    /// Every room, including closed ones that are still being erased.
    #[must_use]
    pub fn all(&self) -> Vec<RoomHandle> {
        self.table().values().cloned().collect()
    }

    /// Makes a room with no members under a PIN that no other room has.
    fn take_free_pin(&self) -> Result<RoomHandle, CreateError> {
        let pins = 10u64.pow(u32::try_from(self.pin_digits).expect("a PIN has at most 12 digits"));
        let mut rooms = self.table();
        if rooms.len() as u64 >= pins / PIN_SPARSENESS {
            return Err(CreateError::Full);
        }
        // At most one PIN in twenty is taken, so that the loop ends after a few rounds.
        let pin = loop {
            let digits = format!("{:0width$}", rand::rng().random_range(0..pins), width = self.pin_digits);
            let pin: Pin = digits.parse().expect("the text has as many digits as a PIN may have");
            if !rooms.contains_key(&pin) {
                break pin;
            }
        };
        let record = RoomRecord { snapshot: Snapshot { revision: 0, room: Room::new(pin.clone(), unix_ms()) }, departed: Vec::new() };
        let handle = RoomHandle::new(record, Arc::clone(&self.journal), self.grace);
        rooms.insert(pin, handle.clone());
        Ok(handle)
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<Pin, RoomHandle>> {
        lock(&self.rooms)
    }
}
