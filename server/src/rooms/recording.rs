//! How a room changes: an event is decided, written down, and told, in this order.

use app::room::{FileState, MemberId, PassingEvent, Room, RoomEvent};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::Instant,
};

use super::{RecordError, RoomHandle, handle::Told, record::State};
use crate::journal::{Entry, JournalError, TokenHash};

/// How the journal did with an event.
type Written = Result<(), JournalError>;

impl RoomHandle {
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
}
