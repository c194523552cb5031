//! One room: decide, record, tell.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use app::{
    room::{
        ClosedBy, Device, DisplayName, FileId, Member, MemberId, PassingEvent, Pin, Presence, Role, Room, RoomEvent, Settings, Snapshot,
    },
    wire::ServerMessage,
};
use bytes::Bytes;
use rand::RngExt as _;
use tokio::{sync::broadcast, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    MAX_SEATS, Newcomer, RecordError, Seat, names,
    record::{State, encode},
};
use crate::{
    journal::{Journal, Recovered, RoomRecord, TokenHash},
    token,
};

/// How many messages a socket may lag behind before it gets a snapshot instead.
const BACKLOG: usize = 256;

/// A message for everybody in the room, encoded once.
#[derive(Clone, Debug)]
pub struct Told {
    /// The message as JSON.
    pub text: Bytes,
    /// Its number, when it is a recorded event.
    pub revision: Option<u64>,
    /// Whether it is not for guests.
    pub owner_only: bool,
    /// Whether the room ended with it.
    pub last: bool,
}

/// Why somebody gets no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSeat {
    /// The owner locked the room.
    Locked,
    /// Every seat is taken.
    Full,
}

/// A room, shared by everybody who serves it.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pin: Pin,
    pub(super) journal: Arc<Journal>,
    state: Mutex<State>,
    pub(super) told: broadcast::Sender<Told>,
    /// Ends the timers of the room with it.
    ended: CancellationToken,
    grace: Duration,
}

impl RoomHandle {
    pub(super) fn new(record: RoomRecord, journal: Arc<Journal>, grace: Duration) -> Self {
        Self::from_state(State::new(record), journal, grace)
    }

    pub(super) fn recover(recovered: Recovered, journal: Arc<Journal>, grace: Duration) -> Self {
        let room = Self::from_state(State::recover(recovered), journal, grace);
        let members: Vec<MemberId> = room.lock().head.snapshot.room.members.iter().map(|member| member.id).collect();
        for member in members {
            room.hold_seat(member);
        }
        room
    }

    fn from_state(state: State, journal: Arc<Journal>, grace: Duration) -> Self {
        let pin = state.head.snapshot.room.pin.clone();
        let told = broadcast::Sender::new(BACKLOG);
        let inner = Inner { pin, journal, state: Mutex::new(state), told, ended: CancellationToken::new(), grace };
        Self { inner: Arc::new(inner) }
    }

    /// The room's PIN.
    #[must_use]
    pub fn pin(&self) -> &Pin {
        &self.inner.pin
    }

    /// Whether the room has not been closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.lock().head.snapshot.room.closed.is_none()
    }

    /// The room as everybody may know it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_for(Role::Guest)
    }

    /// The room as somebody with this role may know it.
    #[must_use]
    pub fn snapshot_for(&self, role: Role) -> Snapshot {
        self.lock().snapshot_for(role)
    }

    /// Looks at the room as everybody may know it.
    pub fn read<T>(&self, look: impl FnOnce(&Room) -> T) -> T {
        look(&self.lock().told.snapshot.room)
    }

    /// Whose token this is and what it allows. A valid one also counts as use of the room.
    #[must_use]
    pub fn authorize(&self, token: &TokenHash) -> Option<(MemberId, Role)> {
        let mut state = self.lock();
        let member = *state.tokens.get(token)?;
        let role = state.role(member)?;
        state.used_at = Instant::now();
        Some((member, role))
    }

    /// What a token allows. Asking is no use of the room.
    #[must_use]
    pub fn role_of(&self, token: &TokenHash) -> Option<Role> {
        let state = self.lock();
        state.role(*state.tokens.get(token)?)
    }

    /// Gives `newcomer` a seat as a guest.
    ///
    /// # Errors
    /// [`RecordError::Refused`] with the reason, or why it could not be recorded.
    pub async fn join(&self, newcomer: Newcomer) -> Result<Seat, RecordError<NoSeat>> {
        self.seat(newcomer, Role::Guest).await
    }

    pub(super) async fn seat(&self, newcomer: Newcomer, role: Role) -> Result<Seat, RecordError<NoSeat>> {
        let id = MemberId::new(rand::rng().random());
        let token = token::new();
        let hash = token::hash(&token);
        let decide = |state: &State| {
            let room = &state.head.snapshot.room;
            if room.settings.locked {
                return Err(NoSeat::Locked);
            }
            if room.members.len() + state.head.departed.len() >= MAX_SEATS {
                return Err(NoSeat::Full);
            }
            let name = newcomer.name.unwrap_or_else(|| names::friendly(room));
            let Newcomer { device, address, .. } = newcomer;
            let member = Member { id, name, role, device, address, presence: Presence::Reconnecting };
            Ok(RoomEvent::MemberJoined { member })
        };
        self.record_with(decide, Some((hash, id))).await?;
        self.hold_seat(id);
        Ok(Seat { member: id, role, token })
    }

    /// Brings a member who left back to the list; does nothing for one who is in it.
    ///
    /// # Errors
    /// Why it could not be recorded.
    pub async fn take_seat_again(&self, id: MemberId) -> Result<(), RecordError> {
        let returned = self
            .record_with(
                |state| match state.head.departed.iter().find(|member| member.id == id) {
                    Some(member) => {
                        let member = Member { presence: Presence::Reconnecting, ..member.clone() };
                        Ok(RoomEvent::MemberJoined { member })
                    }
                    None => Err(()),
                },
                None,
            )
            .await;
        unless_unchanged(returned)?;
        self.hold_seat(id);
        Ok(())
    }

    /// Gives a member another name.
    ///
    /// # Errors
    /// Why it could not be recorded.
    pub async fn rename(&self, id: MemberId, name: DisplayName) -> Result<(), RecordError> {
        let renamed = self.record(|room| match room.member(id) {
            Some(member) if member.name != name => Ok(RoomEvent::MemberRenamed { id, name }),
            _ => Err(()),
        });
        unless_unchanged(renamed.await)
    }

    /// Corrects what a member's device was taken for.
    ///
    /// # Errors
    /// Why it could not be recorded.
    pub async fn change_device(&self, id: MemberId, device: Device) -> Result<(), RecordError> {
        let changed = self.record(|room| match room.member(id) {
            Some(member) if member.device != device => Ok(RoomEvent::DeviceChanged { id, device }),
            _ => Err(()),
        });
        unless_unchanged(changed.await)
    }

    /// Locks the room against newcomers, or opens it to them again.
    ///
    /// # Errors
    /// Why it could not be recorded.
    pub async fn set_locked(&self, locked: bool) -> Result<(), RecordError> {
        let changed = self.record(|room| {
            if room.settings.locked == locked {
                return Err(());
            }
            Ok(RoomEvent::SettingsChanged { settings: Settings { locked } })
        });
        unless_unchanged(changed.await)
    }

    pub(super) async fn close(&self, by: ClosedBy) -> Result<Vec<FileId>, RecordError> {
        let mut files = Vec::new();
        self.record(|room| {
            files = room.uploads().map(|file| file.id).collect();
            Ok::<_, std::convert::Infallible>(RoomEvent::RoomClosed { by, at_ms: crate::clock::unix_ms() })
        })
        .await?;
        self.inner.ended.cancel();
        Ok(files)
    }

    /// Counts bytes of a file whose length nobody knows before they are taken, unless the room would
    /// have more than `most_bytes` with them; says whether they may come. Atomic, so that many uploads
    /// cannot overfill a room together.
    #[must_use]
    pub fn grow(&self, id: FileId, file_bytes: u64, most_bytes: u64) -> bool {
        let mut state = self.lock();
        let State { head, told, .. } = &mut *state;
        let room = &head.snapshot.room;
        let Some(file) = room.upload(id) else { return false };
        let others = room.size_bytes().saturating_sub(file.size_bytes.unwrap_or(file.offset_bytes));
        let fits = others.saturating_add(file_bytes) <= most_bytes;
        if fits {
            let counted = PassingEvent::FileProgress { id, offset_bytes: file_bytes, state: file.state };
            head.snapshot.room.pass(&counted);
            told.snapshot.room.pass(&counted);
        }
        fits
    }

    /// Listens from now on, and what to say first: the events after `since` when they are known, else
    /// a snapshot. A told event with a revision up to the returned one is already contained.
    #[must_use]
    pub fn listen(&self, since: Option<u64>, role: Role) -> (broadcast::Receiver<Told>, Vec<Bytes>, u64) {
        let state = self.lock();
        let receiver = self.inner.told.subscribe();
        let revision = state.told.snapshot.revision;
        let first = match since.and_then(|since| state.events_after(since)) {
            Some(mut texts) => {
                let room = state.snapshot_for(role).room;
                texts.extend(room.passing_state().map(|event| encode(&ServerMessage::Passing { event })));
                texts.push(encode(&ServerMessage::CaughtUp { revision }));
                texts
            }
            None => vec![encode(&ServerMessage::Snapshot(state.snapshot_for(role)))],
        };
        (receiver, first, revision)
    }

    /// Somebody used the room in a way that changes nothing in it.
    pub(super) fn touch(&self) {
        self.lock().used_at = Instant::now();
    }

    /// Somebody uses the room in a way that changes nothing in it, for as long as the guard lives.
    #[must_use]
    pub fn use_quietly(&self) -> QuietUse {
        self.lock().quiet_uses += 1;
        QuietUse { room: self.clone() }
    }

    /// When the room was last in use: now, while somebody is connected.
    pub(super) fn used_at(&self, now: Instant) -> Instant {
        let state = self.lock();
        let connected = state.attending.values().any(super::attendance::Attending::is_connected);
        if connected || state.quiet_uses > 0 { now } else { state.used_at }
    }

    /// Does something while the room lives; `None` when it ended before that.
    pub async fn until_ended<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.inner.ended.run_until_cancelled(work).await
    }

    pub(super) fn grace(&self) -> Duration {
        self.inner.grace
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().expect("no holder panics")
    }
}

/// A room in use by somebody who changes nothing in it, such as a download.
#[derive(Debug)]
pub struct QuietUse {
    room: RoomHandle,
}

impl Drop for QuietUse {
    fn drop(&mut self) {
        let mut state = self.room.lock();
        state.quiet_uses -= 1;
        state.used_at = Instant::now();
    }
}

/// A decision that nothing has to change is as good as a change.
fn unless_unchanged(outcome: Result<(), RecordError<()>>) -> Result<(), RecordError> {
    match outcome {
        Ok(()) | Err(RecordError::Refused(())) => Ok(()),
        Err(RecordError::Closed) => Err(RecordError::Closed),
        Err(RecordError::Journal(error)) => Err(RecordError::Journal(error)),
    }
}
