//! The rooms of this server: who is found under which PIN, and which of them nobody uses any more.
//!
//! What happens inside one room is [`RoomHandle`]'s. Files are not known here: whoever closes a room
//! erases them (see [`crate::closing`]).

mod attendance;
mod handle;
mod names;
mod receiving;
mod record;
mod recording;
mod snippets;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::room::{ClosedBy, Device, DisplayName, FileId, MemberId, Pin, Role, Room, Snapshot};
use rand::RngExt as _;
use tokio::time::Instant;

use crate::journal::{Journal, JournalError, Recovered, RoomRecord};

pub use attendance::Attendance;
pub use handle::{NoSeat, QuietUse, RoomHandle, Told};
pub use receiving::Receiving;
pub use record::RecordError;
pub use snippets::{MAX_SNIPPETS, NoSuchSnippet, TooManySnippets};

/// The most seats of one room, those of members who left included.
pub const MAX_SEATS: usize = 1000;
/// At most one PIN in this many is in use, so that guessing one stays hopeless on a busy server too.
const PIN_SPARSENESS: u64 = 20;

/// Who wants a seat.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// The wished name; without one, the room makes one up.
    pub name: Option<DisplayName>,
    /// What it came with.
    pub device: Device,
    /// Where it came from.
    pub address: String,
}

/// A seat that was just taken. The token exists only here and with whoever gets it.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Whose seat.
    pub member: MemberId,
    /// What it allows.
    pub role: Role,
    /// Proves it from now on.
    pub token: String,
}

/// Why there is no new room.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// So many PINs are taken that guessing one would be easy.
    #[error("no PIN is free")]
    Full,
    /// It could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Every room of this server, by PIN.
#[derive(Debug)]
pub struct Rooms {
    rooms: Mutex<HashMap<Pin, RoomHandle>>,
    journal: Arc<Journal>,
    pin_digits: usize,
    grace: Duration,
}

impl Rooms {
    /// The rooms as the journal had them. Every member's seat is held for `grace`, so that nobody
    /// loses it over a restart.
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

    /// Opens a room under a PIN of its own, with `newcomer` as its owner.
    ///
    /// # Errors
    /// [`CreateError`]; there is no room then.
    pub async fn create(&self, newcomer: Newcomer) -> Result<(RoomHandle, Seat), CreateError> {
        let handle = self.reserve()?;
        match handle.seat(newcomer, Role::Owner).await {
            Ok(seat) => Ok((handle, seat)),
            Err(error) => {
                self.lock().remove(handle.pin());
                Err(match error {
                    RecordError::Journal(error) => CreateError::Journal(error),
                    RecordError::Closed | RecordError::Refused(_) => CreateError::Full,
                })
            }
        }
    }

    /// The open room with this PIN.
    #[must_use]
    pub fn find(&self, pin: &Pin) -> Option<RoomHandle> {
        self.lock().get(pin).filter(|room| room.is_open()).cloned()
    }

    /// Ends a room for everybody in it and returns the files to erase. The PIN stays taken until
    /// [`Self::forget`].
    ///
    /// # Errors
    /// [`RecordError::Closed`] when somebody else ended it, [`RecordError::Journal`] when it could
    /// not be written down; the room then goes on.
    pub async fn close(&self, room: &RoomHandle, by: ClosedBy) -> Result<Vec<FileId>, RecordError> {
        room.close(by).await
    }

    /// Erases what the journal knows of a closed room and frees its PIN.
    ///
    /// # Errors
    /// What the journal says; the next start tries again.
    pub async fn forget(&self, pin: &Pin) -> Result<(), JournalError> {
        self.journal.forget(pin.clone()).await?;
        self.lock().remove(pin);
        Ok(())
    }

    /// The rooms that nobody used for `ttl`.
    #[must_use]
    pub fn unused_for(&self, ttl: Duration) -> Vec<RoomHandle> {
        let now = Instant::now();
        let unused = |room: &&RoomHandle| room.is_open() && room.used_at(now) + ttl <= now;
        self.lock().values().filter(unused).cloned().collect()
    }

    /// Every room, closed ones that are still being erased included.
    #[must_use]
    pub fn all(&self) -> Vec<RoomHandle> {
        self.lock().values().cloned().collect()
    }

    fn reserve(&self) -> Result<RoomHandle, CreateError> {
        let pins = 10u64.pow(u32::try_from(self.pin_digits).expect("a PIN has at most 12 digits"));
        let mut rooms = self.lock();
        if rooms.len() as u64 >= pins / PIN_SPARSENESS {
            return Err(CreateError::Full);
        }
        // At most one PIN in twenty is taken, so this ends after a few rounds.
        let pin = loop {
            let digits = format!("{:0width$}", rand::rng().random_range(0..pins), width = self.pin_digits);
            let pin: Pin = digits.parse().expect("it is as many digits as a PIN may have");
            if !rooms.contains_key(&pin) {
                break pin;
            }
        };
        let record =
            RoomRecord { snapshot: Snapshot { revision: 0, room: Room::new(pin.clone(), crate::clock::unix_ms()) }, departed: Vec::new() };
        let handle = RoomHandle::new(record, Arc::clone(&self.journal), self.grace);
        rooms.insert(pin, handle.clone());
        Ok(handle)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Pin, RoomHandle>> {
        self.rooms.lock().expect("no holder panics")
    }
}
