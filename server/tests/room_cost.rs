//! How much memory an idle room takes. This test has a file of its own, because it counts every allocation of its process.

use std::{sync::Arc, time::Duration};

use app::room::{Device, DeviceKind};
use peak_alloc::PeakAlloc;
use server::{
    durability::SyncMode,
    journal::Journal,
    rooms::{Newcomer, RoomSettings, Rooms},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The cache of the database is full after so many rooms, and does not grow with the others.
const BEFORE: usize = 16_000;
const ROOMS: usize = 4_000;
/// The most bytes of a room whose owner has left it.
const LIMIT: usize = 2 * 1024;

async fn open(rooms: &Arc<Rooms>, count: usize) {
    for _ in 0..count {
        let device = Device { kind: DeviceKind::Mobile, browser: "Chrome 140".to_owned(), system: "Android 16".to_owned() };
        rooms.create(Newcomer { name: None, device, address: "192.0.2.1".to_owned() }).await.expect("there is space for a room");
    }
}

/// Waits until everybody has left every room, and nothing is written any more.
async fn everybody_left(rooms: &Rooms) {
    while rooms.all().iter().any(|room| room.read(|room| !room.members.is_empty())) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut before = 0;
    while before != MEMORY.current_usage() {
        before = MEMORY.current_usage();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "this test is also run to read the measured figures")]
async fn an_idle_room_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, recovered) = Journal::open(&folder.path().join("snapdrop.redb"), SyncMode::Background).unwrap();
    let settings = RoomSettings { max_rooms_per_address: usize::MAX, grace: Duration::from_millis(500), ..RoomSettings::default() };
    let rooms = Arc::new(Rooms::new(Arc::new(journal), recovered, settings));
    open(&rooms, BEFORE).await;
    everybody_left(&rooms).await;
    let before = MEMORY.current_usage();
    open(&rooms, ROOMS).await;
    let with_owner = (MEMORY.current_usage() - before) / ROOMS;
    everybody_left(&rooms).await;
    let idle = (MEMORY.current_usage() - before) / ROOMS;
    println!("a room: {with_owner} bytes while its owner's seat is held, {idle} bytes when the owner has left");
    assert!(idle <= LIMIT, "{idle} bytes");
}
