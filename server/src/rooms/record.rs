//! Recording: an event is decided, written to the journal, and broadcast, in this order.

use app::room::{FileState, MemberId, PassingEvent, RoomEvent};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::Instant,
};

use super::{
    RecordError, RoomHandle,
    decision::{DecidedRoom, Decision},
    state::State,
};
use crate::journal::{Entry, JournalError, TokenHash};

/// How many times a decision is made before recording gives up. A second time is enough, unless writes go on failing.
const MAX_ATTEMPTS: usize = 100;

/// Whether the journal has written a decision.
type Written = Result<(), JournalError>;

impl RoomHandle {
    /// Records the events that `decide` decides on, and returns when they are written and have been broadcast.
    ///
    /// `decide` looks at the decided room while nobody else can change it. It is called again when the journal refuses
    /// its events because they do not follow the last event that was written ([`JournalError::Overtaken`]), so it must
    /// not use up what it captured. With this server's journal, that happens only after a write that failed.
    ///
    /// # Errors
    /// [`RecordError`]: the refusal of `decide`, or why nothing was recorded.
    pub async fn record<D: Into<Decision>, R>(
        &self,
        mut decide: impl FnMut(&DecidedRoom<'_>) -> Result<D, R>,
    ) -> Result<(), RecordError<R>> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(written) = self.hand_over(&mut decide)? else { return Ok(()) };
            self.inner.journal.wake_writer();
            match written.await.unwrap_or(Err(JournalError::Stopped)) {
                Err(JournalError::Overtaken) => {}
                written => return Ok(written?),
            }
        }
        Err(JournalError::Overtaken.into())
    }

    /// Does the same as [`record`](Self::record) on a thread that may block: the caller's thread writes to the journal
    /// itself, which saves the way to the journal's thread and back.
    ///
    /// # Errors
    /// [`RecordError`]: the refusal of `decide`, or why nothing was recorded.
    pub fn record_blocking<D: Into<Decision>, R>(
        &self,
        mut decide: impl FnMut(&DecidedRoom<'_>) -> Result<D, R>,
    ) -> Result<(), RecordError<R>> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(mut written) = self.hand_over(&mut decide)? else { return Ok(()) };
            let written = loop {
                match written.try_recv() {
                    Err(TryRecvError::Empty) => self.inner.journal.write_waiting(),
                    written => break written,
                }
            };
            match written.unwrap_or(Err(JournalError::Stopped)) {
                Err(JournalError::Overtaken) => {}
                written => return Ok(written?),
            }
        }
        Err(JournalError::Overtaken.into())
    }

    /// Calls `decide` and hands its events over to the journal; `None` when there are no events. Afterwards, the caller
    /// has to wake the journal's thread or to write what waits.
    fn hand_over<D: Into<Decision>, R>(
        &self,
        decide: &mut impl FnMut(&DecidedRoom<'_>) -> Result<D, R>,
    ) -> Result<Option<oneshot::Receiver<Written>>, RecordError<R>> {
        let (written, handed_back) = {
            let mut state = self.lock();
            if state.decided.snapshot.room.closed.is_some() {
                return Err(RecordError::Closed);
            }
            let decision = decide(&DecidedRoom::of(&state)).map_err(RecordError::Refused)?.into();
            if decision.events.is_empty() {
                return Ok(None);
            }
            // The entry is handed over under the lock, so that the journal gets the events of a room in order.
            let (entry, written) = self.entry(&mut state, decision);
            (written, self.inner.journal.append(entry))
        };
        if let Some(entry) = handed_back {
            (entry.on_written)(Err(JournalError::Stopped));
        }
        Ok(Some(written))
    }

    /// Adds a decision to the decided room, and makes the journal's entry of it. The receiver gets the outcome of the
    /// write.
    fn entry(&self, state: &mut State, Decision { events, token }: Decision) -> (Entry, oneshot::Receiver<Written>) {
        let (tell, written) = oneshot::channel();
        let first = state.decided.snapshot.revision + 1;
        let new_room = (first == 1).then(|| Box::new(state.decided.clone()));
        let decided = events.iter().map(|event| state.decide(event.clone())).collect();
        let (room, epoch) = (self.clone(), state.epoch());
        let on_written = Box::new(move |written: Written| {
            match &written {
                Ok(()) => room.committed(first, &events, token),
                Err(_) => room.lock().roll_back(epoch),
            }
            #[expect(clippy::let_underscore_must_use, reason = "the caller may have gone away; the events are valid all the same")]
            let _ = tell.send(written);
        });
        (Entry { pin: self.pin().clone(), new_room, events: decided, token, on_written }, written)
    }

    /// Commits events that are written and broadcasts them. `first` is the revision of the first one.
    fn committed(&self, first: u64, events: &[RoomEvent], token: Option<(TokenHash, MemberId)>) {
        let mut state = self.lock();
        state.tokens.extend(token);
        state.used_at = Instant::now();
        for (revision, event) in (first..).zip(events) {
            let message = state.commit(revision, event);
            state.broadcast(message);
        }
    }

    /// Adds a passing event to the room and, if it changes anything, broadcasts it. It is never stored.
    pub fn pass(&self, event: PassingEvent) {
        let mut state = self.lock();
        if matches!(event, PassingEvent::FileProgress { state: FileState::Arriving, .. }) {
            // A chunk may take longer than an unused room is kept.
            state.used_at = Instant::now();
        }
        if let Some(message) = state.pass(event) {
            state.broadcast(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc};

    use app::{
        room::{ClosedBy, Device, DeviceKind, FileEntry, FileId, FileName, Role, Settings, Viewer},
        wire::ServerMessage,
    };
    use bytes::Bytes;

    use super::*;
    use crate::{
        durability::SyncMode,
        journal::Journal,
        rooms::{Newcomer, RoomSettings, Rooms},
    };

    const LOCKED: RoomEvent = RoomEvent::SettingsChanged { settings: Settings { locked: true } };

    /// Makes a room in which `event` was decided but never given to the journal, as if its write had failed.
    async fn room_ahead_of_its_journal(event: RoomEvent) -> (tempfile::TempDir, RoomHandle) {
        let folder = tempfile::tempdir().unwrap();
        let (journal, recovered) = Journal::open(&folder.path().join("journal"), SyncMode::Background).unwrap();
        let rooms = Arc::new(Rooms::new(Arc::new(journal), recovered, RoomSettings::default()));
        let device = Device { kind: DeviceKind::Desktop, browser: String::new(), system: String::new() };
        let (room, _) = rooms.create(Newcomer { name: None, device, address: "192.0.2.1".to_owned() }).await.unwrap();
        let _ = room.lock().decide(event);
        (folder, room)
    }

    fn file_added(number: u128) -> RoomEvent {
        let file = FileEntry {
            id: FileId::new(number),
            name: FileName::parse("a").unwrap(),
            media_type: String::new(),
            size_bytes: Some(1),
            offset_bytes: 0,
            state: FileState::Arriving,
            crc32: None,
            sha256: None,
            added_at_ms: 0,
            modified_at_ms: None,
            joined_from: Vec::new(),
            received_by: Vec::new(),
            has_thumbnail: false,
        };
        RoomEvent::FileAdded { file }
    }

    /// Decides to lock the room if it is not locked, and otherwise to unlock it. Counts its calls in `asked`.
    fn lock_it(asked: &mut usize) -> impl FnMut(&DecidedRoom<'_>) -> Result<RoomEvent, Infallible> {
        |room| {
            *asked += 1;
            Ok(RoomEvent::SettingsChanged { settings: Settings { locked: !room.settings.locked } })
        }
    }

    #[tokio::test]
    async fn a_decision_behind_an_event_that_was_not_written_is_made_again() {
        let (_folder, room) = room_ahead_of_its_journal(LOCKED).await;
        let mut asked = 0;
        room.record(lock_it(&mut asked)).await.unwrap();
        // In the first call, the room seemed to be locked; in the second call, it was not locked.
        assert_eq!((asked, room.read(|room| room.settings.locked)), (2, true));
        assert_eq!(room.lock().committed.snapshot.revision, 2);
    }

    #[tokio::test]
    async fn a_decision_on_a_thread_that_may_block_is_made_again_too() {
        let (_folder, room) = room_ahead_of_its_journal(LOCKED).await;
        let mut asked = 0;
        room.record_blocking(lock_it(&mut asked)).unwrap();
        assert_eq!((asked, room.read(|room| room.settings.locked)), (2, true));
    }

    #[tokio::test]
    async fn the_files_of_a_snapshot_are_encoded_once_for_all_who_see_the_same() {
        let (_folder, room) = room_ahead_of_its_journal(LOCKED).await;
        room.record(|_| Ok::<_, Infallible>((0..500).map(file_added).collect::<Vec<_>>())).await.unwrap();
        let guest = |id| Viewer { member: MemberId::new(id), role: Role::Guest };
        let messages = |viewer| room.subscribe(None, viewer).first;
        let (first, second) = (messages(guest(1)), messages(guest(2)));
        assert!(first.len() > 2);
        let addresses = |messages: &[Bytes]| messages[..messages.len() - 1].iter().map(|it| it.as_ptr()).collect::<Vec<_>>();
        assert_eq!(addresses(&first), addresses(&second));

        // Whoever has a receipt sees it; the others go on sharing.
        let received = RoomEvent::FileReceived { id: FileId::new(0), member: MemberId::new(1) };
        room.record(|_| Ok::<_, Infallible>(received.clone())).await.unwrap();
        let receipts = |messages: &[Bytes]| {
            let ServerMessage::SnapshotPart(part) = serde_json::from_slice(&messages[0]).unwrap() else { panic!("no files") };
            part.room.files[0].received_by.len()
        };
        let (first, second, third) = (messages(guest(1)), messages(guest(2)), messages(guest(3)));
        assert_eq!((receipts(&first), receipts(&second)), (1, 0));
        assert_eq!(addresses(&second), addresses(&third));
    }

    #[tokio::test]
    async fn a_room_without_sockets_has_no_channel() {
        let (_folder, room) = room_ahead_of_its_journal(LOCKED).await;
        let subscription = room.subscribe(None, Viewer { member: MemberId::new(1), role: Role::Guest });
        assert!(room.lock().broadcasts.is_some());
        drop(subscription);
        room.record(lock_it(&mut 0)).await.unwrap();
        assert!(room.lock().broadcasts.is_none());
    }

    #[tokio::test]
    async fn a_room_is_open_until_its_closing_is_written() {
        let (_folder, room) = room_ahead_of_its_journal(RoomEvent::RoomClosed { by: ClosedBy::Owner, at_ms: 0 }).await;
        assert!(room.is_open());
    }
}
