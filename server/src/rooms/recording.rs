//! How a room changes: an event is decided, written down, and told, in this order.

use app::room::{FileId, FileState, MemberId, PassingEvent, Room, RoomEvent};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::Instant,
};

use super::{RecordError, RoomHandle, handle::Told, record::State};
use crate::journal::{Entry, JournalError, TokenHash};

/// How the journal did with an event.
type Written = Result<(), JournalError>;
/// How it will have done.
type Outcome = oneshot::Receiver<Written>;

impl RoomHandle {
    /// Decides on an event while nobody else can change the room, and returns when it is on disk and
    /// everybody is being told.
    ///
    /// # Errors
    /// [`RecordError`]: the decision's refusal, or why nothing was recorded.
    pub async fn record<R>(&self, decide: impl FnOnce(&Room) -> Result<RoomEvent, R>) -> Result<(), RecordError<R>> {
        self.record_with(|state| decide(&state.head.snapshot.room), None).await
    }

    /// Like [`record`](Self::record), for events that are decided on together.
    ///
    /// # Errors
    /// [`RecordError`]: the decision's refusal, or why not all of them were recorded.
    pub async fn record_all<R>(&self, decide: impl FnOnce(&Room) -> Result<Vec<RoomEvent>, R>) -> Result<(), RecordError<R>> {
        self.written(self.hand_over(|state| decide(&state.head.snapshot.room), None, true)?).await
    }

    pub(super) async fn record_with<R>(
        &self,
        decide: impl FnOnce(&State) -> Result<RoomEvent, R>,
        token: Option<(TokenHash, MemberId)>,
    ) -> Result<(), RecordError<R>> {
        self.written(self.hand_over(|state| decide(state).map(|event| vec![event]), token, true)?).await
    }

    /// Like [`record_all`](Self::record_all), on a thread that may block: it writes them itself, which
    /// spares the way to the journal's thread and back.
    ///
    /// # Errors
    /// [`RecordError`]: the decision's refusal, or why not all of them were recorded.
    pub fn record_blocking<R>(&self, decide: impl FnOnce(&Room) -> Result<Vec<RoomEvent>, R>) -> Result<(), RecordError<R>> {
        for mut outcome in self.hand_over(|state| decide(&state.head.snapshot.room), None, false)? {
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

    /// Decides on events and gives them to the journal; `heard` when its thread is to write them.
    fn hand_over<R>(
        &self,
        decide: impl FnOnce(&State) -> Result<Vec<RoomEvent>, R>,
        mut token: Option<(TokenHash, MemberId)>,
        heard: bool,
    ) -> Result<Vec<Outcome>, RecordError<R>> {
        let (outcomes, handed_back): (Vec<_>, Vec<_>) = {
            let mut state = self.lock();
            if state.head.snapshot.room.closed.is_some() {
                return Err(RecordError::Closed);
            }
            let events = decide(&state).map_err(RecordError::Refused)?;
            // Handed over under the lock, so that the journal gets the events of a room in order.
            let hand_over = |event| {
                let (entry, outcome) = self.entry(&mut state, event, token.take());
                (outcome, self.inner.journal.append(entry, heard))
            };
            events.into_iter().map(hand_over).unzip()
        };
        for entry in handed_back.into_iter().flatten() {
            (entry.settle)(Err(JournalError::Stopped));
        }
        Ok(outcomes)
    }

    /// Returns when everything is written, or with the first failure.
    async fn written<R>(&self, outcomes: Vec<Outcome>) -> Result<(), RecordError<R>> {
        for outcome in outcomes {
            outcome.await.unwrap_or(Err(JournalError::Stopped))?;
        }
        Ok(())
    }

    /// Applies an event to the room's head, and makes what the journal is given of it.
    fn entry(&self, state: &mut State, event: RoomEvent, token: Option<(TokenHash, MemberId)>) -> (Entry, Outcome) {
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
        self.tell(&state, Told { text, revision: Some(revision), owner_only: false, last });
    }

    /// Tells everybody something that is never stored.
    pub fn pass(&self, event: PassingEvent) {
        let mut state = self.lock();
        if matches!(event, PassingEvent::FileProgress { state: FileState::Arriving, .. }) {
            // A chunk may take longer than an unused room lives.
            state.used_at = Instant::now();
        }
        let owner_only = matches!(event, PassingEvent::Download { .. });
        if let Some(text) = state.pass(event) {
            self.tell(&state, Told { text, revision: None, owner_only, last: false });
        }
    }

    /// The sender of a file sends no more of it for now. Bytes that are still on their way say otherwise.
    pub fn stop_upload(&self, id: FileId) {
        let here = self.read(|room| room.upload(id).filter(|file| file.state == FileState::Arriving).map(|file| file.offset_bytes));
        if let Some(offset_bytes) = here {
            self.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
        }
    }

    /// Told under the lock, so that everybody hears things in the order in which they happened; it
    /// never blocks.
    fn tell(&self, _state: &State, told: Told) {
        // Nobody listening is no failure.
        drop(self.inner.told.send(told));
    }
}
