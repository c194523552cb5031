use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
};

use app::room::{Device, DeviceKind, DisplayName, Member, MemberId, Presence, Role, Room, RoomEvent, Settings, Snapshot};

use super::{keys::RoomKey, *};

type Outcome = Result<(), JournalError>;

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.path().join("snapdrop.redb")
    }

    pub(super) fn store(&self) -> Store {
        let keys = Keys::open(&self.database().with_extension("keys")).unwrap();
        Store::open(&self.database(), Arc::new(keys)).unwrap()
    }

    pub(super) fn open(&self) -> (Journal, Vec<Recovered>) {
        Journal::open(&self.database(), SyncMode::Background).unwrap()
    }
}

pub(super) fn pin(digits: &str) -> Pin {
    digits.parse().unwrap()
}

pub(super) fn member(id: u128) -> Member {
    Member {
        id: MemberId::new(id),
        name: DisplayName::parse("Ada").unwrap(),
        role: Role::Guest,
        device: Device { kind: DeviceKind::Desktop, browser: String::new(), system: String::new() },
        address: "192.0.2.1".to_owned(),
        presence: Presence::Reconnecting,
    }
}

pub(super) fn locked(locked: bool) -> RoomEvent {
    RoomEvent::SettingsChanged { settings: Settings { locked } }
}

pub(super) fn new_room(digits: &str) -> RoomRecord {
    RoomRecord { snapshot: Snapshot { revision: 0, room: Room::new(pin(digits), 5) }, departed: Vec::new() }
}

/// Applies event number `revision` to the room. Returns an entry with that event, and a receiver of the outcome.
pub(super) fn entry(record: &mut RoomRecord, revision: u64, event: RoomEvent) -> (Entry, Receiver<Outcome>) {
    let new_room = (revision == 1).then(|| Box::new(record.clone()));
    record.follow(revision, &event).unwrap();
    let (written, outcome) = mpsc::channel();
    let entry = Entry {
        pin: record.snapshot.room.pin.clone(),
        new_room,
        events: vec![Recorded { revision, at_ms: revision, event }],
        token: None,
        on_written: Box::new(move |outcome| written.send(outcome).unwrap_or_default()),
    };
    (entry, outcome)
}

/// Has an event written, and waits until it is.
pub(super) fn record(journal: &Journal, record: &mut RoomRecord, revision: u64, event: RoomEvent) {
    let (entry, outcome) = entry(record, revision, event);
    hand_over(journal, entry);
    outcome.recv().unwrap().unwrap();
}

/// Gives an entry to the journal, and wakes the journal's thread.
fn hand_over(journal: &Journal, entry: Entry) {
    assert!(journal.append(entry).is_none());
    journal.wake_writer();
}

#[test]
fn a_room_comes_back_with_its_events_and_tokens() {
    let folder = Folder::new();
    let (journal, recovered) = folder.open();
    assert!(recovered.is_empty());
    let mut room = new_room("123456");
    let (mut first, outcome) = entry(&mut room, 1, RoomEvent::MemberJoined { member: member(1) });
    first.token = Some(([7; 32], MemberId::new(1)));
    hand_over(&journal, first);
    outcome.recv().unwrap().unwrap();
    record(&journal, &mut room, 2, locked(true));
    record(&journal, &mut room, 3, RoomEvent::MemberLeft { id: MemberId::new(1) });
    drop(journal);

    let (_journal, recovered) = folder.open();
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].record, room);
    assert_eq!(recovered[0].record.departed, [member(1)]);
    assert_eq!(recovered[0].tokens, [([7; 32], MemberId::new(1))]);
    let revisions: Vec<u64> = recovered[0].events.iter().map(|recorded| recorded.revision).collect();
    assert_eq!(revisions, [1, 2, 3]);
    assert_eq!(recovered[0].events[1].event, locked(true));
}

#[test]
fn rooms_do_not_mix() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    // These PINs begin with the same digits; a range over the keys of one room must not contain those of another.
    for digits in ["1234", "12345", "123450"] {
        let mut room = new_room(digits);
        record(&journal, &mut room, 1, locked(digits == "12345"));
    }
    drop(journal);
    let (_journal, recovered) = folder.open();
    let rooms: Vec<_> =
        recovered.iter().map(|it| (it.record.snapshot.room.pin.as_str(), it.record.snapshot.room.settings.locked)).collect();
    assert_eq!(rooms, [("1234", false), ("12345", true), ("123450", false)]);
    assert!(recovered.iter().all(|it| it.events.len() == 1));
}

#[test]
fn everything_that_waits_is_written_together_and_settled_in_order() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    let (target, keys) = (Target::Database(Arc::clone(&store)), Arc::clone(store.keys()));
    let queue = WriteQueue::new(Writer { target, rooms: HashMap::new(), keys, last: 0 });
    let mut room = new_room("123456");
    let seen = Arc::new(Mutex::new(Vec::new()));
    for revision in 1..=50 {
        let (mut entry, _) = entry(&mut room, revision, locked(revision % 2 == 0));
        let (store, seen) = (Arc::clone(&store), Arc::clone(&seen));
        entry.on_written = Box::new(move |outcome| {
            outcome.unwrap();
            // Reads what is in the database at the moment when this event's `on_written` is called.
            seen.lock().unwrap().push((revision, store.recover().unwrap().rooms[0].1.events.len()));
        });
        queue.add(Job::Append(Box::new(entry))).map_err(drop).unwrap();
    }
    queue.close();
    queue.run();
    let expected: Vec<(u64, usize)> = (1..=50).map(|revision| (revision, 50)).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn whoever_writes_what_waits_has_written_it_then() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let mut room = new_room("123456");
    let outcomes: Vec<Receiver<Outcome>> = (1..=20)
        .map(|revision| {
            let (entry, outcome) = entry(&mut room, revision, locked(revision % 2 == 0));
            assert!(journal.append(entry).is_none());
            if revision % 3 == 0 {
                journal.wake_writer();
            }
            outcome
        })
        .collect();
    journal.write_waiting();
    for outcome in outcomes {
        outcome.try_recv().expect("the outcome is known").unwrap();
    }
    drop(journal);
    assert_eq!(folder.open().1[0].record, room);
}

#[test]
fn what_was_logged_is_in_the_database_after_the_next_start_once() {
    let folder = Folder::new();
    let log = || Log::open(&folder.database().with_extension("log")).unwrap().0;
    let keys = Keys::open(&folder.database().with_extension("keys")).unwrap();
    let change = |key: &RoomKey, room: &mut RoomRecord, revision, event| {
        let Entry { new_room, events, .. } = entry(room, revision, event).0;
        Change::append(key, &events[0], new_room.as_deref(), None).unwrap()
    };
    // A room that was erased, and a new one with the same PIN. Applying the changes a second time would damage the new
    // one.
    let (mut gone, mut room) = (new_room("123456"), new_room("123456"));
    let (first, second) = (keys.make().unwrap(), keys.make().unwrap());
    let changes = [
        change(&first, &mut gone, 1, locked(true)),
        change(&first, &mut gone, 2, locked(false)),
        Change::Forget { room: first.room },
        change(&second, &mut room, 1, locked(true)),
    ];
    log().append(1, &changes).unwrap();
    let (journal, recovered) = folder.open();
    assert_eq!((recovered.len(), &recovered[0].record), (1, &room));
    drop(journal);
    // This is the state when the process ends after the transaction and before the log is cleared.
    log().append(1, &changes).unwrap();
    let (journal, recovered) = folder.open();
    assert_eq!((recovered.len(), &recovered[0].record), (1, &room));
    record(&journal, &mut room, 2, locked(false));
    drop(journal);
    assert_eq!(folder.open().1[0].record, room);
    assert_eq!(std::fs::metadata(folder.database().with_extension("log")).unwrap().len(), 0);
}

#[test]
fn with_syncs_everything_is_in_the_database_when_it_is_settled() {
    let folder = Folder::new();
    let (journal, _) = Journal::open(&folder.database(), SyncMode::Always).unwrap();
    let mut room = new_room("123456");
    record(&journal, &mut room, 1, locked(true));
    assert_eq!(std::fs::metadata(folder.database().with_extension("log")).unwrap().len(), 0);
    drop(journal);
    assert_eq!(folder.open().1[0].record, room);
}

#[test]
fn an_event_out_of_order_is_refused_and_concerns_nobody_else() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let (mut room, mut other) = (new_room("111111"), new_room("222222"));
    record(&journal, &mut room, 1, locked(true));
    let mut ahead = room.clone();
    ahead.snapshot.revision = 2;
    let (skipping, outcome) = entry(&mut ahead, 3, locked(false));
    hand_over(&journal, skipping);
    assert!(matches!(outcome.recv().unwrap(), Err(JournalError::Overtaken)));
    let (repeated, outcome) = entry(&mut new_room("111111"), 1, locked(false));
    hand_over(&journal, repeated);
    assert!(matches!(outcome.recv().unwrap(), Err(JournalError::Overtaken)));
    record(&journal, &mut other, 1, locked(false));
    record(&journal, &mut room, 2, locked(false));
    drop(journal);
    let (_journal, recovered) = folder.open();
    assert_eq!(recovered.iter().map(|it| it.events.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn old_events_are_deleted_and_the_room_is_whole() {
    for sync in [SyncMode::Background, SyncMode::Always] {
        let folder = Folder::new();
        let (journal, _) = Journal::open(&folder.database(), sync).unwrap();
        let mut room = new_room("123456");
        let outcomes: Vec<_> = (1..=3000)
            .map(|revision| {
                let (entry, outcome) = entry(&mut room, revision, locked(revision % 2 == 0));
                hand_over(&journal, entry);
                outcome
            })
            .collect();
        for outcome in outcomes {
            outcome.recv().unwrap().unwrap();
        }
        drop(journal);
        let (_journal, recovered) = folder.open();
        assert_eq!(recovered[0].record, room);
        let revisions: Vec<u64> = recovered[0].events.iter().map(|recorded| recorded.revision).collect();
        let oldest = revisions[0];
        assert!((2..3000 - REPLAYABLE_EVENTS + 2).contains(&oldest), "{sync:?}: {oldest}");
        assert_eq!(revisions, (oldest..=3000).collect::<Vec<u64>>());
    }
}

#[test]
fn a_room_that_grows_is_not_written_again_and_again() {
    let folder = Folder::new();
    let store = folder.store();
    let key = store.keys().make().unwrap();
    let mut room = new_room("123456");
    let (mut event_bytes, mut checkpoints) = (0, Vec::new());
    for revisions in (1..=5000).collect::<Vec<u64>>().chunks(100) {
        let mut changes = Vec::new();
        for revision in revisions {
            let joined = RoomEvent::MemberJoined { member: member(u128::from(*revision)) };
            let Entry { new_room, events, .. } = entry(&mut room, *revision, joined).0;
            event_bytes += serde_json::to_vec(&events[0]).unwrap().len();
            changes.push(Change::append(&key, &events[0], new_room.as_deref(), None).unwrap());
        }
        store.write(&changes, revisions[99]).unwrap();
        checkpoints.extend(store.make_checkpoints().unwrap());
    }
    assert!((2..20).contains(&checkpoints.len()), "{checkpoints:?}");
    assert!(checkpoints.iter().sum::<usize>() < 2 * event_bytes, "{checkpoints:?} for {event_bytes} bytes of events");
    assert_eq!(store.recover().unwrap().rooms[0].1.record, room);
}

#[tokio::test]
async fn a_forgotten_room_leaves_nothing_and_its_pin_can_be_used_again() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let (mut room, mut other) = (new_room("123456"), new_room("1234567"));
    let (mut first, outcome) = entry(&mut room, 1, RoomEvent::MemberJoined { member: member(1) });
    first.token = Some(([0xff; 32], MemberId::new(1)));
    hand_over(&journal, first);
    outcome.recv().unwrap().unwrap();
    record(&journal, &mut room, 2, locked(true));
    record(&journal, &mut other, 1, locked(true));
    journal.forget(pin("123456")).await.unwrap();
    let mut again = new_room("123456");
    record(&journal, &mut again, 1, locked(false));
    drop(journal);

    let (_journal, mut recovered) = folder.open();
    recovered.sort_by_key(|it| it.record.snapshot.room.pin.clone());
    assert_eq!(recovered.len(), 2);
    assert_eq!(recovered[0].record, again);
    assert_eq!((recovered[0].events.len(), recovered[0].tokens.len()), (1, 0));
    assert_eq!(recovered[1].record, other);
}

#[tokio::test]
async fn a_closed_journal_takes_nothing() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    journal.close();
    let (late, outcome) = entry(&mut new_room("123456"), 1, locked(true));
    assert_eq!(journal.append(late).unwrap().events[0].revision, 1);
    // The caller has the entry back and has to call `on_written`. Dropping the entry closes the channel.
    assert!(outcome.recv().is_err());
    assert!(matches!(journal.forget(pin("123456")).await, Err(JournalError::Stopped)));
}

#[test]
fn closing_waits_for_what_was_given_before() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let mut room = new_room("123456");
    let outcomes: Vec<_> = (1..=100)
        .map(|revision| {
            let (entry, outcome) = entry(&mut room, revision, locked(revision % 2 == 0));
            hand_over(&journal, entry);
            outcome
        })
        .collect();
    journal.close();
    assert!(outcomes.iter().all(|outcome| outcome.try_recv().unwrap().is_ok()));
    let (_journal, recovered) = folder.open();
    assert_eq!(recovered[0].record, room);
}

#[test]
fn a_database_is_opened_only_once() {
    let folder = Folder::new();
    let (_journal, _) = folder.open();
    assert!(
        matches!(Journal::open(&folder.database(), SyncMode::Background), Err(JournalError::Locked(path)) if path.ends_with("snapdrop.redb"))
    );
}
