//! The table of all rooms on this server: it creates rooms, finds them by PIN, and lists those that nobody has used for
//! a long time.
//!
//! What happens inside one room is left to [`RoomHandle`]. This module knows nothing of stored files:
//! [`crate::uploads`] connects rooms and files.

mod attendance;
mod broadcast;
mod closed_file;
mod closed_lately;
mod coverage;
mod creations;
mod decision;
mod downloads;
mod handle;
mod held_seats;
mod limits;
mod member_sockets;
mod names;
mod quiet_use;
mod record;
mod record_error;
mod replay;
mod reservation;
mod seats;
mod snapshot_messages;
mod snippets;
mod state;
mod subscription;
mod table;

use std::{
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{PIN_DIGITS, Pin, Role, Room, Snapshot};
use rand::RngExt as _;
use tokio::time::Instant;

use crate::{
    clock::unix_ms,
    journal::{Journal, JournalError, Recovered, RoomRecord},
    locks::lock,
    network::network,
    tasks::detached,
};

use closed_lately::ClosedLately;
use table::Table;

pub use attendance::{Attendance, NoSocket};
pub use broadcast::Broadcast;
pub use creations::TooFast;
pub use decision::{DecidedRoom, Decision};
pub use downloads::TrackedDownload;
pub use handle::RoomHandle;
pub use limits::{RoomLimits, RoomSettings};
pub use quiet_use::QuietUse;
pub use record_error::RecordError;
pub use seats::{Newcomer, NoSeat, OwnerStays, Seat};
pub use snippets::{MAX_SNIPPETS, NoSuchSnippet, RoomHasNoSpace};
pub use subscription::Subscription;

/// PINs get a digit more when more than one PIN in this many is in use, so that guessing one stays hopeless on a busy
/// server, too.
const PIN_SPARSENESS: u64 = 10_000;

/// Why no room was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// As many rooms are open as the server may have.
    #[error("no more rooms can be opened")]
    Full,
    /// As many rooms are open that were created from this address as may be.
    #[error("{0} rooms of this address are open")]
    TooManyOfAddress(usize),
    /// The room could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// All rooms of this server, by PIN.
#[derive(Debug)]
pub struct Rooms {
    rooms: Mutex<Table>,
    closed: Mutex<ClosedLately>,
    journal: Arc<Journal>,
    settings: Arc<RoomSettings>,
}

impl Rooms {
    /// Takes over the rooms that the journal recovered. The seat of every member is held, so that nobody loses a seat
    /// because the server restarted.
    #[must_use]
    pub fn new(journal: Arc<Journal>, recovered: Vec<Recovered>, settings: RoomSettings) -> Self {
        let settings = Arc::new(settings);
        let mut rooms = Table::default();
        recovered.into_iter().for_each(|room| rooms.insert(RoomHandle::recover(room, Arc::clone(&journal), Arc::clone(&settings))));
        Self { rooms: Mutex::new(rooms), closed: Mutex::default(), journal, settings }
    }

    /// Remembers in the file at `path`, over a restart, which rooms were closed lately. It may know some from before. If the
    /// file cannot be used, as on a full disk, they are remembered in memory only.
    #[must_use]
    pub fn remember_closed_in(self, path: &Path) -> Self {
        match ClosedLately::open(path) {
            Ok(closed) => Self { closed: Mutex::new(closed), ..self },
            Err(error) => {
                tracing::warn!(%error, file = %path.display(), "rooms that are closed now are forgotten with the next restart");
                self
            }
        }
    }

    /// Opens a room under an unused PIN, with `newcomer` as its owner. The work is finished even when the caller is
    /// dropped, so that no PIN stays taken by a room that could not be recorded.
    ///
    /// # Errors
    /// [`CreateError`]; no room exists then.
    pub async fn create(self: &Arc<Self>, newcomer: Newcomer) -> Result<(RoomHandle, Seat), CreateError> {
        let rooms = Arc::clone(self);
        detached(async move {
            let handle = rooms.take_free_pin(newcomer.address.parse().ok())?;
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
        let room = self.table().get(pin).cloned();
        room.filter(RoomHandle::is_open)
    }

    /// Erases everything about a closed room from the journal, and frees its PIN.
    ///
    /// # Errors
    /// The error of the journal; the next start tries again.
    pub async fn forget(&self, pin: &Pin) -> Result<(), JournalError> {
        // Noted before the PIN is free, so that no new room can get it in between, and before the room is gone from the disk,
        // so that the end of the process cannot come in between.
        let closed_at_ms = self.closed_at_ms(pin).unwrap_or_else(unix_ms);
        lock(&self.closed).add(pin, closed_at_ms, Instant::now());
        self.journal.forget(pin.clone()).await?;
        self.table().remove(pin);
        Ok(())
    }

    /// When the room with this PIN was closed, in milliseconds since the Unix epoch, if that was within the last 24
    /// hours.
    #[must_use]
    pub fn closed_at_ms(&self, pin: &Pin) -> Option<u64> {
        let room = self.table().get(pin).cloned();
        match room {
            Some(room) => room.read(|room| room.closed.map(|closed| closed.at_ms)),
            None => lock(&self.closed).closed_at_ms(pin, Instant::now()),
        }
    }

    /// The most digits that a PIN has now: that of an open room, or of the next one. Pages take a PIN of so many digits for
    /// typed to its end.
    #[must_use]
    pub fn pin_digits(&self) -> usize {
        let rooms = self.table();
        pin_digits_for(self.settings.pin_digits, rooms.len(), 0).max(rooms.most_digits())
    }

    /// The open rooms that nobody has used for `ttl`, or, if nothing was ever shared in them, for `unshared_ttl`.
    #[must_use]
    pub fn unused_for(&self, ttl: Duration, unshared_ttl: Duration) -> Vec<RoomHandle> {
        let now = Instant::now();
        let kept = |room: &RoomHandle| if room.was_shared() { ttl } else { ttl.min(unshared_ttl) };
        let unused = |room: &RoomHandle| room.is_open() && room.used_at(now) + kept(room) <= now;
        self.all().into_iter().filter(unused).collect()
    }

    /// Every room, including closed ones that are still being erased.
    #[must_use]
    pub fn all(&self) -> Vec<RoomHandle> {
        self.table().rooms().cloned().collect()
    }

    /// Makes a room with no members under a PIN that no other room has, for somebody at the address `creator`.
    fn take_free_pin(&self, creator: Option<IpAddr>) -> Result<RoomHandle, CreateError> {
        let RoomSettings { max_rooms, max_rooms_per_address, .. } = *self.settings;
        let creator = creator.map(|address| network(address, 64));
        let mut rooms = self.table();
        let closed = lock(&self.closed);
        let pin_digits = pin_digits_for(self.settings.pin_digits, rooms.len(), closed.len());
        let pins = 10u64.pow(u32::try_from(pin_digits).expect("a PIN has at most 12 digits"));
        if rooms.len() >= max_rooms {
            return Err(CreateError::Full);
        }
        if creator.is_some_and(|creator| rooms.created_by(creator) >= max_rooms_per_address) {
            return Err(CreateError::TooManyOfAddress(max_rooms_per_address));
        }
        // Of the PINs with so many digits, at most half are taken, so that the loop ends after a few rounds.
        let pin = loop {
            let digits = format!("{:0width$}", rand::rng().random_range(0..pins), width = pin_digits);
            let pin: Pin = digits.parse().expect("the text has as many digits as a PIN may have");
            if rooms.get(&pin).is_none() && closed.closed_at_ms(&pin, Instant::now()).is_none() {
                break pin;
            }
        };
        let record = RoomRecord { snapshot: Snapshot { revision: 0, room: Room::new(pin, unix_ms()) }, departed: Vec::new() };
        let handle = RoomHandle::new(record, creator, Arc::clone(&self.journal), Arc::clone(&self.settings));
        rooms.insert(handle.clone());
        Ok(handle)
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        lock(&self.rooms)
    }
}

/// How many digits the PIN of a new room has: at least `least`, and so many that few PINs are in use when `open` rooms are
/// open, and that half of them are free when those of `closed` rooms are not used again.
pub(crate) fn pin_digits_for(least: usize, open: usize, closed: usize) -> usize {
    let wanted = (open as u64 * PIN_SPARSENESS).max(2 * (open + closed) as u64);
    let enough = |digits: &usize| wanted <= 10u64.pow(u32::try_from(*digits).unwrap_or(u32::MAX));
    (least..=*PIN_DIGITS.end()).find(enough).unwrap_or(*PIN_DIGITS.end())
}
