//! Many events at once: a client that takes batches gets what waits in few messages, and every other client gets each
//! event in a message of its own.

use app::{
    room::{FileState, Snapshot},
    wire::{self, ServerMessage},
};
use futures::{StreamExt as _, stream};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    door::refused,
    live_socket::{Stream, connect_at, whole},
    seat::{Seat, metadata},
    test_app::{LONG, TestApp},
};

/// How many small files come at once.
const FILES: usize = 300;
/// The longest batch: 16 KiB, and the event that does not fit any more.
const MOST_BYTES: usize = 17 * 1024;

async fn open(seat: &Seat, path: &str) -> Stream {
    let stream = TcpStream::connect(seat.door.address()).await.unwrap();
    connect_at(stream, seat, path, &[]).await.unwrap().0
}

/// The next text message, line by line.
async fn next_lines(stream: &mut Stream) -> Vec<String> {
    loop {
        match timeout(LONG, stream.next()).await.expect("something comes in time").unwrap().unwrap() {
            Message::Text(text) => {
                assert!(text.len() < MOST_BYTES, "{} bytes at once", text.len());
                return text.lines().map(str::to_owned).collect();
            }
            Message::Ping(_) => {}
            other => panic!("the socket ended with {other:?}"),
        }
    }
}

fn read(line: &str) -> ServerMessage {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// What one socket got.
struct Followed {
    room: Snapshot,
    /// The number of messages of the server in each text message.
    lengths: Vec<usize>,
}

/// Follows the room until it has so many complete files. On a busy machine the socket may fall behind, and then a snapshot takes
/// the place of the events that it missed.
async fn follow(stream: &mut Stream, files: usize) -> Followed {
    let first = next_lines(stream).await;
    let [snapshot] = &first[..] else { panic!("not a message alone: {first:?}") };
    let ServerMessage::Snapshot(mut room) = read(snapshot) else { panic!("no snapshot: {snapshot}") };
    let (mut lengths, mut gathered) = (Vec::new(), Vec::new());
    while room.room.files.iter().filter(|file| file.state == FileState::Complete).count() < files {
        let lines = next_lines(stream).await;
        lengths.push(lines.len());
        for line in &lines {
            match read(line) {
                // An event out of its order would be a gap.
                ServerMessage::Event { revision, event } => room.follow(revision, &event).unwrap(),
                ServerMessage::Unseen { revision } => room.skip(revision).unwrap(),
                ServerMessage::Passing { event } => room.room.pass(&event),
                ServerMessage::SnapshotPart(part) => gathered.push(part),
                ServerMessage::Snapshot(newer) => room = whole(&mut gathered, newer),
                other => panic!("neither event nor snapshot: {other:?}"),
            }
        }
    }
    Followed { room, lengths }
}

async fn add_small_files(owner: &Seat) {
    let add = async |number: usize| {
        let request = owner.creation_with("0123456789").header("upload-length", 10);
        let response = request.header("upload-metadata", metadata(&format!("{number}.txt"))).send().await.unwrap();
        assert_eq!(response.status(), 201);
    };
    stream::iter(0..FILES).for_each_concurrent(20, add).await;
}

#[tokio::test]
async fn many_small_files_come_in_few_messages_to_whoever_takes_batches() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let pin = &guest.entered.pin;
    let (mut together, mut apart) = (open(&guest, &wire::live_in_batches(pin, None)).await, open(&guest, &wire::live(pin, None)).await);
    let ((), batched, single) = tokio::join!(add_small_files(&owner), follow(&mut together, FILES), follow(&mut apart, FILES));

    assert_eq!(batched.room.room.files.len(), FILES);
    assert!(single.lengths.iter().all(|lines| *lines == 1), "a client that does not know batches got one");
    let (batches, messages) = (batched.lengths.len(), batched.lengths.iter().sum::<usize>());
    assert!(batches * 3 < messages * 2, "{batches} batches of {messages} messages");
    let names = |room: &Snapshot| room.room.files.iter().map(|file| file.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&batched.room), names(&single.room));
    app.finish().await;
}

#[tokio::test]
async fn an_event_alone_comes_at_once_and_alone() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = open(&owner, &wire::live_in_batches(&owner.entered.pin, None)).await;
    next_lines(&mut socket).await;
    let mut says = owner.listen().await;
    for (revision, locked) in [(2, true), (3, false)] {
        says.say(json!({"type": "set_locked", "locked": locked})).await;
        loop {
            let lines = next_lines(&mut socket).await;
            match read(&lines[0]) {
                ServerMessage::Event { revision: got, .. } => break assert_eq!((got, lines.len()), (revision, 1)),
                ServerMessage::Passing { .. } => {}
                other => panic!("not an event: {other:?}"),
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn the_wish_for_batches_changes_nothing_else_of_the_address() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 1).await;
    for query in ["since=1&batches", "batches&since=1", "since=1&batches=", "since=1&batches=true"] {
        let mut socket = open(&owner, &format!("{}?{query}", wire::live(&owner.entered.pin, None))).await;
        let lines = next_lines(&mut socket).await;
        assert!(matches!(read(&lines[0]), ServerMessage::Event { revision: 2, .. }), "{query}: {lines:?}");
    }
    refused(owner.get(&format!("{}?since=x&batches", wire::live(&owner.entered.pin, None))).await, 422, "out_of_range").await;
    assert_eq!(owner.remove(id).await, 204);
    app.finish().await;
}
