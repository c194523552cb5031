//! One room, shared by all requests and tasks that work with it.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use app::room::{ClosedBy, FileId, MemberId, Pin, Role, Room, RoomEvent, Settings, Snapshot, Viewer};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{RecordError, RoomSettings, state::State};
use crate::{
    clock::unix_ms,
    journal::{Journal, Recovered, RoomRecord, TokenHash},
    locks::lock,
    network::network,
};

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

/// A handle to a room. All clones refer to the same room.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    pub(super) inner: Arc<Inner>,
}

/// What the clones of a handle share.
#[derive(Debug)]
pub(super) struct Inner {
    pin: Pin,
    /// Counts the rooms of this process. Unlike a PIN, a number is never used again.
    number: u64,
    pub(super) journal: Arc<Journal>,
    state: Mutex<State>,
    /// Cancelled when the room is closed; this ends the tasks of the room.
    closed: CancellationToken,
    /// Held while parts are joined into a file.
    pub(super) joining: tokio::sync::Mutex<()>,
    /// The network from which the room was created, if that is known.
    creator: Option<IpAddr>,
    pub(super) settings: Arc<RoomSettings>,
}

impl RoomHandle {
    /// Makes a room with the content of `record`.
    pub(super) fn new(record: RoomRecord, creator: Option<IpAddr>, journal: Arc<Journal>, settings: Arc<RoomSettings>) -> Self {
        Self::from_state(State::new(record, settings.limits), creator, journal, settings)
    }

    /// Makes a room that the journal recovered. The seats of its members are held from now on.
    pub(super) fn recover(recovered: Recovered, journal: Arc<Journal>, settings: Arc<RoomSettings>) -> Self {
        let RoomRecord { snapshot, departed } = &recovered.record;
        let owner = snapshot.room.members.iter().chain(departed).find(|member| member.role == Role::Owner);
        let creator = owner.and_then(|owner| owner.address.parse().ok()).map(|address| network(address, 64));
        let room = Self::from_state(State::recover(recovered, settings.limits), creator, journal, settings);
        let members: Vec<MemberId> = room.lock().decided.snapshot.room.members.iter().map(|member| member.id).collect();
        for member in members {
            room.hold_seat(member);
        }
        room
    }

    fn from_state(state: State, creator: Option<IpAddr>, journal: Arc<Journal>, settings: Arc<RoomSettings>) -> Self {
        let pin = state.decided.snapshot.room.pin.clone();
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        let (state, closed, joining) = (Mutex::new(state), CancellationToken::new(), tokio::sync::Mutex::default());
        Self { inner: Arc::new(Inner { pin, number, journal, state, closed, joining, creator, settings }) }
    }

    /// The room's PIN.
    #[must_use]
    pub fn pin(&self) -> &Pin {
        &self.inner.pin
    }

    /// The number of the room, which no other room of this process ever has.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.inner.number
    }

    /// The network from which the room was created, if that is known.
    #[must_use]
    pub fn creator(&self) -> Option<IpAddr> {
        self.inner.creator
    }

    /// Whether there ever was a file, a text or a guest in the room.
    pub(super) fn was_shared(&self) -> bool {
        self.lock().was_shared
    }

    /// Whether the room has not been closed. A room whose closing is not written yet is open: the write may still fail.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.lock().committed.snapshot.room.closed.is_none()
    }

    /// The committed room, as this viewer may see it.
    #[must_use]
    pub fn snapshot_for(&self, viewer: Viewer) -> Snapshot {
        self.lock().snapshot_for(viewer)
    }

    /// Counts the changes of the list of files since the server has the room in memory.
    #[must_use]
    pub fn files_version(&self) -> u64 {
        self.lock().files_version
    }

    /// Calls `look` with the committed room, under the room's lock.
    pub fn read<T>(&self, look: impl FnOnce(&Room) -> T) -> T {
        look(&self.lock().committed.snapshot.room)
    }

    /// The member to whom the token belongs, and the member's role. A valid token also counts as use of the room.
    #[must_use]
    pub fn authorize(&self, token: &TokenHash) -> Option<(MemberId, Role)> {
        let mut state = self.lock();
        let member = *state.tokens.get(token)?;
        let role = state.role(member)?;
        state.used_at = Instant::now();
        Some((member, role))
    }

    /// The role of the member to whom the token belongs. This does not count as use of the room.
    #[must_use]
    pub fn role_of(&self, token: &TokenHash) -> Option<Role> {
        let state = self.lock();
        state.role(*state.tokens.get(token)?)
    }

    /// Whether the member has a seat, or may come back to one.
    #[must_use]
    pub fn has_seat(&self, member: MemberId) -> bool {
        self.lock().role(member).is_some()
    }

    /// Locks the room against newcomers, or unlocks it.
    ///
    /// # Errors
    /// Why the change could not be recorded.
    pub async fn set_locked(&self, locked: bool) -> Result<(), RecordError> {
        self.record(|room| {
            let event = RoomEvent::SettingsChanged { settings: Settings { locked } };
            Ok((room.settings.locked != locked).then_some(event))
        })
        .await
    }

    /// Closes the room for everybody in it, and returns the files to erase.
    ///
    /// # Errors
    /// [`RecordError::Closed`] when the room was closed before; [`RecordError::Journal`] when closing it could not be
    /// recorded, so that the room stays open.
    pub async fn close(&self, by: ClosedBy) -> Result<Vec<FileId>, RecordError> {
        let mut files = Vec::new();
        self.record(|room| {
            files = room.uploads().map(|file| file.id).collect();
            Ok(RoomEvent::RoomClosed { by, at_ms: unix_ms() })
        })
        .await?;
        self.inner.closed.cancel();
        Ok(files)
    }

    /// Waits for `work` while the room is open. Returns `None` when the room is closed before `work` is done.
    pub async fn until_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.inner.closed.run_until_cancelled(work).await
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }
}
