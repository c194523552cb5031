//! One room: decide, record, tell.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use app::{
    room::{
        ClosedBy, Device, DisplayName, FileId, FileState, Member, MemberId, PassingEvent, Pin, Presence, Role, Room, RoomEvent, Settings,
        Snapshot,
    },
    wire::ServerMessage,
};
use bytes::Bytes;
use rand::RngExt as _;
use tokio::{
    sync::{
        broadcast,
        oneshot::{self, error::TryRecvError},
    },
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    MAX_SEATS, Newcomer, RecordError, Seat, names,
    record::{State, encode},
};
use crate::{
    journal::{Entry, Journal, JournalError, Recovered, RoomRecord, TokenHash},
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
    /// Whether the room ended with it.
    pub last: bool,
}

/// How the journal did with an event.
type Written = Result<(), JournalError>;

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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pin: Pin,
    journal: Arc<Journal>,
    state: Mutex<State>,
    told: broadcast::Sender<Told>,
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
        self.lock().told.snapshot.clone()
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

    /// Decides on an event while nobody else can change the room, and returns when it is on disk and
    /// everybody is being told.
    ///
    /// # Errors
    /// [`RecordError`]: the decision's refusal, or why nothing was recorded.
    pub async fn record<R>(&self, decide: impl FnOnce(&Room) -> Result<RoomEvent, R>) -> Result<(), RecordError<R>> {
        self.record_with(|state| decide(&state.head.snapshot.room), None).await
    }

    pub(super) async fn record_with<R>(
        &self,
        decide: impl FnOnce(&State) -> Result<RoomEvent, R>,
        token: Option<(TokenHash, MemberId)>,
    ) -> Result<(), RecordError<R>> {
        let (outcome, handed_back) = {
            let mut state = self.lock();
            if state.head.snapshot.room.closed.is_some() {
                return Err(RecordError::Closed);
            }
            let event = decide(&state).map_err(RecordError::Refused)?;
            let (entry, outcome) = self.entry(&mut state, event, token);
            // Handed over under the lock, so that the journal gets the events of a room in order.
            (outcome, self.inner.journal.append(entry))
        };
        if let Some(entry) = handed_back {
            (entry.settle)(Err(JournalError::Stopped));
        }
        outcome.await.unwrap_or(Err(JournalError::Stopped))?;
        Ok(())
    }

    /// Like [`record`](Self::record), for events that belong together, on a thread that may block: it writes
    /// them itself, which spares the way to the journal's thread and back.
    ///
    /// # Errors
    /// [`RecordError`]: the decision's refusal, or why nothing was recorded.
    pub fn record_blocking<const N: usize, R>(
        &self,
        decide: impl FnOnce(&Room) -> Result<[RoomEvent; N], R>,
    ) -> Result<(), RecordError<R>> {
        let handed_over = {
            let mut state = self.lock();
            if state.head.snapshot.room.closed.is_some() {
                return Err(RecordError::Closed);
            }
            let events = decide(&state.head.snapshot.room).map_err(RecordError::Refused)?;
            events.map(|event| {
                let (entry, outcome) = self.entry(&mut state, event, None);
                (outcome, self.inner.journal.append_unheard(entry))
            })
        };
        for (mut outcome, handed_back) in handed_over {
            if let Some(entry) = handed_back {
                (entry.settle)(Err(JournalError::Stopped));
            }
            let written = loop {
                match outcome.try_recv() {
                    Err(TryRecvError::Empty) => self.inner.journal.write_waiting(),
                    settled => break settled,
                }
            };
            written.unwrap_or(Err(JournalError::Stopped))?;
        }
        Ok(())
    }

    /// Applies an event to the room's head, and makes what the journal is given of it.
    fn entry(&self, state: &mut State, event: RoomEvent, token: Option<(TokenHash, MemberId)>) -> (Entry, oneshot::Receiver<Written>) {
        let (settled, outcome) = oneshot::channel();
        let decided = state.decide(event.clone());
        let (revision, epoch) = (decided.recorded.revision, decided.epoch);
        let room = self.clone();
        let settle = Box::new(move |written: Written| {
            match &written {
                Ok(()) => room.committed(revision, &event, token),
                Err(_) => room.lock().failed(epoch),
            }
            // The caller may have gone away; the event stands all the same.
            drop(settled.send(written));
        });
        (Entry { pin: self.pin().clone(), recorded: decided.recorded, token, checkpoint: decided.checkpoint, settle }, outcome)
    }

    fn committed(&self, revision: u64, event: &RoomEvent, token: Option<(TokenHash, MemberId)>) {
        let last = matches!(event, RoomEvent::RoomClosed { .. });
        let mut state = self.lock();
        state.tokens.extend(token);
        state.used_at = Instant::now();
        let text = state.committed(revision, event);
        self.tell(&state, Told { text, revision: Some(revision), last });
    }

    /// Tells everybody something that is never stored.
    pub fn pass(&self, event: PassingEvent) {
        let mut state = self.lock();
        if matches!(event, PassingEvent::FileProgress { state: FileState::Arriving, .. }) {
            // A chunk may take longer than an unused room lives.
            state.used_at = Instant::now();
        }
        if let Some(text) = state.pass(event) {
            self.tell(&state, Told { text, revision: None, last: false });
        }
    }

    /// Told under the lock, so that everybody hears things in the order in which they happened; it
    /// never blocks.
    fn tell(&self, _state: &State, told: Told) {
        // Nobody listening is no failure.
        drop(self.inner.told.send(told));
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
    pub fn listen(&self, since: Option<u64>) -> (broadcast::Receiver<Told>, Vec<Bytes>, u64) {
        let state = self.lock();
        let receiver = self.inner.told.subscribe();
        let revision = state.told.snapshot.revision;
        let first = match since.and_then(|since| state.events_after(since)) {
            Some(mut texts) => {
                let passing = state.told.snapshot.room.passing_state();
                texts.extend(passing.map(|event| encode(&ServerMessage::Passing { event })));
                texts.push(encode(&ServerMessage::CaughtUp { revision }));
                texts
            }
            None => vec![encode(&ServerMessage::Snapshot(state.told.snapshot.clone()))],
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
