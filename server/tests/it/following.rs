//! A client that starts from a snapshot at any moment and applies the events that are pushed has the same room as the
//! server: members, settings, files, presence and progress.

use std::sync::{Arc, Barrier};

use app::{
    room::{FileEntry, FileId, FileName, FileState, PassingEvent, Role, RoomEvent, Snapshot, Viewer},
    wire::ServerMessage,
};
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, Strategy, any, prop_oneof},
    sample::Index,
};
use serde_json::json;
use server::{
    journal::Journal,
    rooms::{Newcomer, RoomSettings, Rooms},
};
use tokio::{runtime::Runtime, time::timeout};

use crate::{
    live_socket::{LiveSocket, whole},
    seat::Seat,
    test_app::{LONG, TestApp},
};

/// Something that is done in a room. An index picks the guest, the socket or the file.
#[derive(Clone, Debug)]
enum Operation {
    Join,
    Connect(Index),
    Disconnect(Index),
    Show(Index, bool),
    Rename(Index, String),
    Lock(bool),
    Add(u8),
    Append(Index, u8),
    Remove(Index),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => proptest::prelude::Just(Operation::Join),
        3 => any::<Index>().prop_map(Operation::Connect),
        2 => any::<Index>().prop_map(Operation::Disconnect),
        2 => any::<(Index, bool)>().prop_map(|(who, visible)| Operation::Show(who, visible)),
        2 => (any::<Index>(), "[A-Za-zé☕]{1,8}").prop_map(|(who, name)| Operation::Rename(who, name)),
        1 => any::<bool>().prop_map(Operation::Lock),
        3 => (0..50u8).prop_map(Operation::Add),
        5 => (any::<Index>(), 0..30u8).prop_map(|(which, length)| Operation::Append(which, length)),
        2 => any::<Index>().prop_map(Operation::Remove),
    ]
}

/// The owner and the guests of a room, and their sockets. They carry out the operations.
struct Crowd {
    owner: Seat,
    control: LiveSocket,
    guests: Vec<Seat>,
    sockets: Vec<LiveSocket>,
}

impl Crowd {
    async fn do_it(&mut self, operation: Operation) {
        match operation {
            Operation::Join => {
                let response = self.owner.door.ask_to_join(self.owner.pin(), &json!({})).await;
                if response.status() == 201 {
                    self.guests.push(self.owner.door.seat(response.json().await.unwrap()));
                }
            }
            Operation::Connect(who) if !self.guests.is_empty() => {
                let socket = who.get(&self.guests).live(None).await;
                self.sockets.push(socket);
            }
            Operation::Disconnect(which) if !self.sockets.is_empty() => {
                drop(self.sockets.swap_remove(which.index(self.sockets.len())));
            }
            Operation::Show(which, visible) if !self.sockets.is_empty() => {
                let which = which.index(self.sockets.len());
                self.sockets[which].say(json!({"type": "visibility", "visible": visible})).await;
            }
            Operation::Rename(which, name) if !self.sockets.is_empty() => {
                let which = which.index(self.sockets.len());
                self.sockets[which].say(json!({"type": "rename", "name": name})).await;
            }
            Operation::Lock(locked) => self.control.say(json!({"type": "set_locked", "locked": locked})).await,
            Operation::Add(size) => drop(self.owner.add_file("a file", size.into()).await),
            Operation::Append(which, length) => self.append(which, length.into()).await,
            Operation::Remove(which) => {
                let files = self.owner.room().await.files;
                if !files.is_empty() {
                    assert_eq!(self.owner.remove(which.get(&files).id).await, 204);
                }
            }
            Operation::Connect(_) | Operation::Disconnect(_) | Operation::Show(..) | Operation::Rename(..) => {}
        }
    }

    async fn append(&self, which: Index, length: u64) {
        let files = self.owner.room().await.files;
        if files.is_empty() {
            return;
        }
        let file = which.get(&files);
        let length = length.min(file.size_bytes.unwrap() - file.offset_bytes);
        let chunk = vec![b'x'; usize::try_from(length).unwrap()];
        assert_eq!(self.owner.append(file.id, file.offset_bytes, chunk).await.status(), 204);
    }
}

fn fold(room: &mut Snapshot, gathered: &mut Vec<Snapshot>, message: ServerMessage) {
    match message {
        ServerMessage::Snapshot(newer) => {
            *room = whole(gathered, newer);
        }
        ServerMessage::Event { revision, event } => room.follow(revision, &event).unwrap(),
        ServerMessage::Unseen { revision } => room.skip(revision).unwrap(),
        ServerMessage::SnapshotPart(part) => gathered.push(part),
        ServerMessage::Passing { event } => room.room.pass(&event),
        ServerMessage::CaughtUp { revision } => assert_eq!(revision, room.revision),
        ServerMessage::Heartbeat => {}
        ServerMessage::Problem(problem) => panic!("{problem}"),
    }
}

/// Applies messages until the follower's room equals the server's.
async fn follow_to_the_end(owner: &Seat, socket: &mut LiveSocket, room: &mut Snapshot) {
    let mut gathered = Vec::new();
    let following = async {
        while owner.view().await.snapshot != *room {
            fold(room, &mut gathered, socket.next().await);
        }
    };
    if timeout(LONG / 2, following).await.is_err() {
        assert_eq!(*room, owner.view().await.snapshot);
    }
}

async fn play(operations: Vec<Operation>, begin: usize) {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut crowd = Crowd { owner: owner.clone(), control: owner.listen().await, guests: Vec::new(), sockets: Vec::new() };
    let later = operations[begin..].to_vec();
    for operation in operations.into_iter().take(begin) {
        crowd.do_it(operation).await;
    }
    // The listener follows all events from here on. The returner reads the room now and connects only at the end.
    let mut listener = owner.live(None).await;
    let mut followed = listener.snapshot().await;
    let mut known = owner.view().await.snapshot;
    for operation in later {
        crowd.do_it(operation).await;
    }
    follow_to_the_end(&owner, &mut listener, &mut followed).await;
    let mut returner = owner.live(Some(known.revision)).await;
    follow_to_the_end(&owner, &mut returner, &mut known).await;
    drop((crowd, listener, returner));
    app.finish().await;
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn whoever_follows_has_the_room_as_the_server_has_it(operations in vec(operation(), 1..30), at in any::<Index>()) {
        let at = at.index(operations.len());
        Runtime::new().unwrap().block_on(play(operations, at));
    }
}

#[tokio::test]
async fn what_is_told_last_is_what_is_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, recovered) = Journal::open(&folder.path().join("snapdrop.redb"), server::durability::SyncMode::Background).unwrap();
    let rooms = Arc::new(Rooms::new(Arc::new(journal), recovered, RoomSettings::default()));
    let device = server::device::DeviceRules::load().detect(&server::device::DeviceHints::default());
    let (room, seat) = rooms.create(Newcomer { name: None, device, address: String::new() }).await.unwrap();
    let viewer = Viewer { member: seat.member, role: Role::Owner };
    let id = FileId::new(1);
    let file = FileEntry {
        id,
        name: FileName::parse("a").unwrap(),
        media_type: String::new(),
        size_bytes: Some(1_000_000),
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
    room.record(|_| Ok::<_, std::convert::Infallible>(RoomEvent::FileAdded { file: file.clone() })).await.unwrap();

    let barrier = Barrier::new(2);
    let report = |offset_bytes| {
        barrier.wait();
        room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Arriving });
        barrier.wait();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| (0..5000).for_each(|round| report(2 * round)));
        let mut broadcasts = room.subscribe(None, viewer).broadcasts;
        let mut wrong = Vec::new();
        for round in 0..5000 {
            report(2 * round + 1);
            let texts = std::iter::from_fn(|| broadcasts.try_recv().ok()).map(|message| message.text.clone());
            let ServerMessage::Passing { event: PassingEvent::FileProgress { offset_bytes, .. } } =
                serde_json::from_slice(&texts.last().unwrap()).unwrap()
            else {
                panic!("no progress was told")
            };
            if offset_bytes != room.snapshot_for(viewer).room.files[0].offset_bytes {
                wrong.push(round);
            }
        }
        // Checked only after the loop: a panic in it would leave the other thread waiting at the barrier for ever.
        assert_eq!(wrong, Vec::<u64>::new());
    });
}
