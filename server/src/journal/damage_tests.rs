//! What is lost, and what is not, when something is changed on the disk.

use app::room::RoomEvent;
use redb::{Database, ReadableDatabase as _};

use super::{
    tests::{Folder, entry, locked, member, new_room, record},
    *,
};

/// Three rooms, each with two changes, as a journal that was closed leaves them.
fn three_rooms() -> (Folder, Vec<RoomRecord>) {
    let folder = Folder::new();
    let (journal, _) = folder.open();
    let rooms = ["1111", "2222", "3333"].map(|digits| {
        let mut room = new_room(digits);
        record(&journal, &mut room, 1, RoomEvent::MemberJoined { member: member(1) });
        record(&journal, &mut room, 2, locked(true));
        room
    });
    drop(journal);
    (folder, rooms.to_vec())
}

/// Where in the database's file a sealed row is.
fn place_of(folder: &Folder, sealed: &[u8]) -> usize {
    let bytes = std::fs::read(folder.database()).unwrap();
    memchr::memmem::rfind(&bytes, sealed).expect("the row is in the file")
}

/// Changes one byte of the database's file.
fn change_byte(folder: &Folder, at: usize) {
    let mut bytes = std::fs::read(folder.database()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(folder.database(), bytes).unwrap();
}

/// The PINs of the rooms that come back, the folder for what is damaged, and the names of what is in it.
fn reopened(folder: &Folder) -> (Vec<String>, Option<Vec<String>>) {
    let (journal, recovered) = folder.open();
    let pins = recovered.iter().map(|room| room.record.snapshot.room.pin.to_string()).collect();
    let names = |aside: &SetAside| {
        let entries = std::fs::read_dir(aside.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    (pins, journal.damaged().map(names))
}

#[test]
fn a_room_that_is_damaged_in_the_database_is_set_aside_under_its_name_and_the_others_go_on() {
    for kind in ["checkpoint", "event"] {
        let (folder, _) = three_rooms();
        let sealed = {
            let database = Database::open(folder.database()).unwrap();
            let read = database.begin_read().unwrap();
            match kind {
                "checkpoint" => read.open_table(store::ROOMS).unwrap().get(1).unwrap().unwrap().value().1.to_vec(),
                _ => read.open_table(store::EVENTS).unwrap().get((1, 2)).unwrap().unwrap().value().to_vec(),
            }
        };
        change_byte(&folder, place_of(&folder, &sealed) + 40);
        let (pins, names) = reopened(&folder);
        assert_eq!(pins, ["1111", "3333"], "{kind}");
        assert_eq!(names, Some(vec!["room-2222.jsonl".to_owned(), "snapdrop.redb".to_owned()]), "{kind}");
        // The next start has nothing to set aside, and the PIN is free.
        let (journal, recovered) = folder.open();
        assert_eq!((recovered.len(), journal.damaged().is_none()), (2, true));
        record(&journal, &mut new_room("2222"), 1, locked(false));
    }
}

#[test]
fn what_can_be_read_of_a_damaged_room_is_kept() {
    let (folder, _) = three_rooms();
    let sealed = {
        let database = Database::open(folder.database()).unwrap();
        database.begin_read().unwrap().open_table(store::ROOMS).unwrap().get(0).unwrap().unwrap().value().1.to_vec()
    };
    change_byte(&folder, place_of(&folder, &sealed));
    let (journal, _) = folder.open();
    let text = std::fs::read_to_string(journal.damaged().unwrap().path().join("room-1111.jsonl")).unwrap();
    let rows: Vec<Recorded> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row.revision).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_change_that_is_damaged_in_the_log_does_not_take_the_others_along() {
    let (folder, mut rooms) = three_rooms();
    let store = folder.store();
    let applied = store.applied().unwrap();
    let mut change = |index: usize, revision| {
        let Entry { events, .. } = entry(&mut rooms[index], revision, locked(revision % 2 == 0)).0;
        let key = store.keys().of(u32::try_from(index).unwrap()).unwrap();
        Change::append(&key, &events[0], None, None).unwrap()
    };
    let changes = [change(0, 3), change(1, 3), change(0, 4), change(2, 3), change(0, 5)];
    drop(store);
    let path = folder.database().with_extension("log");
    Log::open(&path).unwrap().0.append(applied + 1, &changes).unwrap();
    // This is in the third change.
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();

    let (journal, recovered) = folder.open();
    let seen: Vec<_> = recovered
        .iter()
        .map(|room| (room.record.snapshot.revision, room.events.iter().map(|event| event.revision).collect::<Vec<_>>()))
        .collect();
    // Of the first room, events can be replayed only from the gap on.
    assert_eq!(seen, [(5, vec![5]), (3, vec![1, 2, 3]), (3, vec![1, 2, 3])]);
    let copy = journal.damaged().expect("somebody is told").path().join("snapdrop.log");
    assert_eq!(std::fs::read(copy).unwrap(), bytes);
    record(&journal, &mut rooms[0], 6, locked(true));
    drop(journal);
    assert_eq!(folder.open().1[0].record.snapshot.revision, 6);
}

#[test]
fn without_its_keys_a_database_is_not_touched() {
    let (folder, _) = three_rooms();
    let keys = Journal::keys_of(&folder.database());
    let bytes = std::fs::read(&keys).unwrap();
    std::fs::remove_file(&keys).unwrap();
    assert!(matches!(Journal::open(&folder.database(), SyncMode::Background), Err(JournalError::NoKeys)));
    std::fs::write(&keys, bytes).unwrap();
    assert_eq!(reopened(&folder), (["1111", "2222", "3333"].map(str::to_owned).to_vec(), None));
}

#[test]
fn a_salvage_that_fails_costs_nothing_and_is_made_by_the_next_start() {
    let (folder, _) = three_rooms();
    let sealed = {
        let database = Database::open(folder.database()).unwrap();
        database.begin_read().unwrap().open_table(store::ROOMS).unwrap().get(1).unwrap().unwrap().value().1.to_vec()
    };
    change_byte(&folder, place_of(&folder, &sealed));
    let keys = std::fs::read(Journal::keys_of(&folder.database())).unwrap();
    let in_the_way = folder.database().with_extension("new");
    std::fs::create_dir(&in_the_way).unwrap();
    assert!(Journal::open(&folder.database(), SyncMode::Background).is_err());
    assert_eq!(std::fs::read(Journal::keys_of(&folder.database())).unwrap(), keys);
    std::fs::remove_dir(&in_the_way).unwrap();
    // What an interrupted salvage left behind is not used.
    std::fs::write(&in_the_way, "half of a database").unwrap();
    assert_eq!(reopened(&folder).0, ["1111", "3333"]);
    assert!(!in_the_way.exists());
}

#[test]
fn the_slot_of_a_key_is_used_again_only_when_the_room_is_erased_from_the_database() {
    let folder = Folder::new();
    let store = folder.store();
    let key = store.keys().make().unwrap();
    let Entry { new_room, events, .. } = entry(&mut new_room("1111"), 1, locked(true)).0;
    store.write(&[Change::append(&key, &events[0], new_room.as_deref(), None).unwrap()], 1).unwrap();
    let forget = [Change::Forget { room: key.room }];
    // The database cannot be opened for a while.
    let kept = folder.database().with_extension("kept");
    store.close();
    std::fs::rename(folder.database(), &kept).unwrap();
    std::fs::create_dir(folder.database()).unwrap();
    for _ in 0..2 {
        assert!(store.write(&forget, 2).is_err());
    }
    assert_eq!(store.keys().make().unwrap().room, 1, "the rows of room 0 are still there");
    std::fs::remove_dir(folder.database()).unwrap();
    std::fs::rename(&kept, folder.database()).unwrap();
    store.write(&forget, 2).unwrap();
    assert_eq!([store.keys().make().unwrap().room, store.keys().make().unwrap().room], [0, 2]);
}

#[test]
fn a_room_whose_key_is_damaged_is_set_aside() {
    let (folder, _) = three_rooms();
    let keys = Journal::keys_of(&folder.database());
    let mut bytes = std::fs::read(&keys).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&keys, &bytes).unwrap();
    assert_eq!(reopened(&folder), (vec!["1111".to_owned(), "3333".to_owned()], Some(vec!["room-unknown-1.jsonl".to_owned()])));
}

#[test]
fn a_database_of_an_earlier_version_is_named_and_not_touched() {
    let folder = Folder::new();
    let database = Database::create(folder.database()).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<&str, &[u8]>::new("rooms")).unwrap().insert("1234", b"{}".as_slice()).unwrap();
    write.commit().unwrap();
    drop(database);
    let before = std::fs::read(folder.database()).unwrap();
    assert!(matches!(Journal::open(&folder.database(), SyncMode::Background), Err(JournalError::OldFormat(_))));
    assert_eq!(std::fs::read(folder.database()).unwrap().len(), before.len());
}

/// Wherever a byte is changed in the file of the database, the rooms come back, mostly all of them, sometimes all but one.
/// Only in a few places, which describe the whole file or its structure, a byte costs two of the three rooms, or keeps the
/// journal from being opened. Nothing is ever lost in silence.
fn a_byte_costs_little(folder: &Folder) {
    let whole = std::fs::read(folder.database()).unwrap();
    let keys = std::fs::read(Journal::keys_of(&folder.database())).unwrap();
    let used: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
    let (mut came_back, mut refused) = ([0; 4], 0);
    for at in used.iter().step_by(used.len() / 300 + 1) {
        std::fs::write(folder.database(), &whole).unwrap();
        std::fs::write(Journal::keys_of(&folder.database()), &keys).unwrap();
        change_byte(folder, *at);
        match Journal::open(&folder.database(), SyncMode::Background) {
            Ok((journal, recovered)) => {
                came_back[recovered.len()] += 1;
                assert!(recovered.len() == 3 || journal.damaged().is_some(), "{at}");
                if let Some(aside) = journal.damaged() {
                    std::fs::remove_dir_all(aside.path()).unwrap();
                }
            }
            Err(_) => refused += 1,
        }
    }
    let figures = format!("{refused} starts were refused, and {came_back:?} brought 0, 1, 2 and 3 rooms back");
    assert!(came_back[0] == 0 && (came_back[1] + refused) * 20 < came_back[3] && came_back[2] * 5 < came_back[3], "{figures}");
}

#[test]
fn a_changed_byte_of_a_database_that_was_closed_costs_little() {
    a_byte_costs_little(&three_rooms().0);
}

#[test]
fn a_changed_byte_of_a_database_whose_process_was_killed_costs_little() {
    let (folder, _) = three_rooms();
    // The files as they are while the process runs, and has nothing to do any more.
    let (journal, _) = folder.open();
    let mut room = new_room("2222");
    room.snapshot.revision = 2;
    record(&journal, &mut room, 3, locked(false));
    let log = folder.database().with_extension("log");
    while std::fs::metadata(&log).unwrap().len() > 0 {
        std::thread::yield_now();
    }
    let copy = Folder::new();
    for path in [folder.database(), Journal::keys_of(&folder.database())] {
        std::fs::copy(&path, copy.database().with_file_name(path.file_name().unwrap())).unwrap();
    }
    drop(journal);
    a_byte_costs_little(&copy);
}
