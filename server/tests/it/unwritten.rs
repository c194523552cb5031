//! A change that the journal does not take has not happened: no event is sent, and the room stays as it was.

use std::sync::Arc;

use app::room::{ClosedBy, Role, Viewer};
use server::{
    device::{DeviceHints, DeviceRules},
    journal::{Journal, JournalError},
    rooms::{CreateError, Newcomer, RecordError, RoomSettings, Rooms},
};
use tempfile::TempDir;

/// Rooms with PINs of four digits, and the journal that they are written to.
fn rooms() -> (TempDir, Arc<Journal>, Arc<Rooms>) {
    let folder = tempfile::tempdir().unwrap();
    let (journal, recovered) = Journal::open(&folder.path().join("snapdrop.redb"), server::durability::SyncMode::Background).unwrap();
    let journal = Arc::new(journal);
    let rooms = Arc::new(Rooms::new(
        Arc::clone(&journal),
        recovered,
        RoomSettings { pin_digits: 4, max_rooms_per_address: usize::MAX, ..RoomSettings::default() },
    ));
    (folder, journal, rooms)
}

fn newcomer() -> Newcomer {
    let device = DeviceRules::load().detect(&DeviceHints::default());
    Newcomer { name: None, device, address: "192.0.2.1".to_owned() }
}

#[tokio::test]
async fn a_room_stays_as_it_was_when_the_journal_takes_nothing() {
    let (_folder, journal, rooms) = rooms();
    let (room, seat) = rooms.create(newcomer()).await.unwrap();
    let owner = Viewer { member: seat.member, role: Role::Owner };
    let before = room.snapshot_for(owner);
    let mut subscription = room.subscribe(None, owner);
    journal.close();

    assert!(matches!(room.set_locked(true).await, Err(RecordError::Journal(JournalError::Stopped))));
    assert!(matches!(room.join(newcomer()).await, Err(RecordError::Journal(JournalError::Stopped))));
    assert!(matches!(room.close(ClosedBy::Owner).await, Err(RecordError::Journal(JournalError::Stopped))));
    assert_eq!(room.snapshot_for(owner), before);
    assert!(room.is_open());
    assert!(subscription.broadcasts.try_recv().is_err());
    assert_eq!(before.room.member(seat.member).unwrap().role, Role::Owner);
}

#[tokio::test]
async fn a_room_that_cannot_be_written_down_does_not_exist() {
    let (_folder, journal, rooms) = rooms();
    journal.close();
    assert!(matches!(rooms.create(newcomer()).await, Err(CreateError::Journal(JournalError::Stopped))));
    assert!(rooms.all().is_empty());
}

#[tokio::test]
async fn so_many_rooms_that_a_pin_could_be_guessed_get_longer_pins() {
    // With four digits, one PIN in 10,000 is a single room.
    let (_folder, _journal, rooms) = rooms();
    let created = futures::future::join_all((0..12).map(|_| rooms.create(newcomer()))).await;
    let mut digits: Vec<usize> = created.iter().map(|room| room.as_ref().unwrap().0.pin().as_str().len()).collect();
    digits.sort_unstable();
    assert_eq!(digits, [4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6]);
    assert_eq!(rooms.pin_digits(), 6);
}
