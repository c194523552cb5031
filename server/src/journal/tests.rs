use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
};

use app::room::{Device, DeviceKind, DisplayName, Presence, Role, Room, Settings};

use super::*;

type Outcome = Result<(), JournalError>;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("snapdrop.redb")
    }

    fn open(&self) -> (Journal, Vec<Recovered>) {
        Journal::open(&self.database(), Sync::Background).unwrap()
    }
}

fn pin(digits: &str) -> Pin {
    digits.parse().unwrap()
}

fn member(id: u128) -> Member {
    Member {
        id: MemberId::new(id),
        name: DisplayName::parse("Ada").unwrap(),
        role: Role::Guest,
        device: Device { kind: DeviceKind::Desktop, browser: String::new(), system: String::new() },
        address: "192.0.2.1".to_owned(),
        presence: Presence::Reconnecting,
    }
}

fn locked(locked: bool) -> RoomEvent {
    RoomEvent::SettingsChanged { settings: Settings { locked } }
}

fn new_room(digits: &str) -> RoomRecord {
    RoomRecord { snapshot: Snapshot { revision: 0, room: Room::new(pin(digits), 5) }, departed: Vec::new() }
}

/// Event number `revision` of the room, after which the whole room is given where it has to be.
fn entry(record: &mut RoomRecord, revision: u64, event: RoomEvent) -> (Entry, Receiver<Outcome>) {
    record.follow(revision, &event).unwrap();
    let (settled, outcome) = mpsc::channel();
    let entry = Entry {
        pin: record.snapshot.room.pin.clone(),
        recorded: Recorded { revision, at_ms: revision, event },
        token: None,
        checkpoint: (revision == 1 || revision.is_multiple_of(REPLAYABLE_EVENTS)).then(|| Box::new(record.clone())),
        settle: Box::new(move |outcome| drop(settled.send(outcome))),
    };
    (entry, outcome)
}

/// Writes an event and waits for it.
fn record(journal: &Journal, record: &mut RoomRecord, revision: u64, event: RoomEvent) {
    let (entry, outcome) = entry(record, revision, event);
    assert!(journal.append(entry, true).is_none());
    outcome.recv().unwrap().unwrap();
}

#[test]
fn a_room_comes_back_with_its_events_and_tokens() {
    let folder = Folder::new();
    let (journal, recovered) = folder.open();
    assert!(recovered.is_empty());
    let mut room = new_room("123456");
    let (mut first, outcome) = entry(&mut room, 1, RoomEvent::MemberJoined { member: member(1) });
    first.token = Some(([7; 32], MemberId::new(1)));
    assert!(journal.append(first, true).is_none());
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
    // Digits that begin alike, which a range over the keys must keep apart.
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
    let store = Arc::new(Store::open(&folder.database()).unwrap());
    let desk = Desk::new(Writer { target: Target::Database(Arc::clone(&store)), revisions: HashMap::new(), last: 0 });
    let mut room = new_room("123456");
    let seen = Arc::new(Mutex::new(Vec::new()));
    for revision in 1..=50 {
        let (mut entry, _) = entry(&mut room, revision, locked(revision % 2 == 0));
        let (store, seen) = (Arc::clone(&store), Arc::clone(&seen));
        entry.settle = Box::new(move |outcome| {
            outcome.unwrap();
            // What is in the database at the moment when each of them hears.
            seen.lock().unwrap().push((revision, store.recover().unwrap()[0].events.len()));
        });
        desk.add(Job::Append(Box::new(entry)), false).map_err(drop).unwrap();
    }
    desk.close();
    desk.run();
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
            let handed_back = journal.append(entry, revision % 3 == 0);
            assert!(handed_back.is_none());
            outcome
        })
        .collect();
    journal.write_waiting();
    for outcome in outcomes {
        outcome.try_recv().expect("it is settled").unwrap();
    }
    drop(journal);
    assert_eq!(folder.open().1[0].record, room);
}

#[test]
fn what_was_logged_is_in_the_database_after_the_next_start_once() {
    let folder = Folder::new();
    let log = || Log::open(&folder.database().with_extension("log")).unwrap().0;
    let change = |room: &mut RoomRecord, revision, event| {
        let Entry { pin, recorded, token, checkpoint, .. } = entry(room, revision, event).0;
        Change::Append { pin, recorded: Box::new(recorded), token, checkpoint }
    };
    // A room that was closed, and another under the same PIN: to make its first changes again would spoil it.
    let (mut gone, mut room) = (new_room("123456"), new_room("123456"));
    let changes = [
        change(&mut gone, 1, locked(true)),
        change(&mut gone, 2, locked(false)),
        Change::Forget { pin: pin("123456") },
        change(&mut room, 1, locked(true)),
    ];
    log().append(1, &changes).unwrap();
    let (journal, recovered) = folder.open();
    assert_eq!((recovered.len(), &recovered[0].record), (1, &room));
    drop(journal);
    // As if the process had ended after the transaction and before the log was cleared.
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
    let (journal, _) = Journal::open(&folder.database(), Sync::Always).unwrap();
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
    assert!(journal.append(skipping, true).is_none());
    assert!(matches!(outcome.recv().unwrap(), Err(JournalError::OutOfOrder)));
    let (repeated, outcome) = entry(&mut new_room("111111"), 1, locked(false));
    assert!(journal.append(repeated, true).is_none());
    assert!(matches!(outcome.recv().unwrap(), Err(JournalError::OutOfOrder)));
    record(&journal, &mut other, 1, locked(false));
    record(&journal, &mut room, 2, locked(false));
    drop(journal);
    let (_journal, recovered) = folder.open();
    assert_eq!(recovered.iter().map(|it| it.events.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn only_the_newest_events_are_kept_and_the_room_is_whole() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let mut room = new_room("123456");
    let outcomes: Vec<_> = (1..=600)
        .map(|revision| {
            let (entry, outcome) = entry(&mut room, revision, locked(revision % 2 == 0));
            assert!(journal.append(entry, true).is_none());
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
    assert_eq!(revisions, (257..=600).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_forgotten_room_leaves_nothing_and_its_pin_can_be_used_again() {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let (mut room, mut other) = (new_room("123456"), new_room("1234567"));
    let (mut first, outcome) = entry(&mut room, 1, RoomEvent::MemberJoined { member: member(1) });
    first.token = Some(([0xff; 32], MemberId::new(1)));
    assert!(journal.append(first, true).is_none());
    outcome.recv().unwrap().unwrap();
    record(&journal, &mut room, 2, locked(true));
    record(&journal, &mut other, 1, locked(true));
    journal.forget(pin("123456")).await.unwrap();
    let mut again = new_room("123456");
    record(&journal, &mut again, 1, locked(false));
    drop(journal);

    let (_journal, recovered) = folder.open();
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
    assert_eq!(journal.append(late, true).unwrap().recorded.revision, 1);
    // Whoever has it back settles it.
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
            assert!(journal.append(entry, true).is_none());
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
        matches!(Journal::open(&folder.database(), Sync::Background), Err(JournalError::Locked(path)) if path.ends_with("snapdrop.redb"))
    );
}
