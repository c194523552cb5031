//! A client that does not read for a while gets a snapshot in place of the events that it missed, and then goes on.

use std::collections::VecDeque;

use app::{
    room::{Pin, Snapshot},
    wire::{self, ServerMessage},
};
use futures::{StreamExt as _, stream};
use tokio::{net::TcpSocket, time::timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    live_socket::{Stream, connect_at, whole},
    test_app::{LONG, TestApp},
};

/// A client that reads only when it is asked to.
struct SlowClient {
    stream: Stream,
    /// The messages that came with the last one.
    waiting: VecDeque<ServerMessage>,
}

impl SlowClient {
    async fn next(&mut self) -> ServerMessage {
        let mut pings = 0;
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return message;
            }
            let frame = timeout(LONG, self.stream.next()).await;
            let frame = frame.unwrap_or_else(|_| panic!("only {pings} pings came within {LONG:?}"));
            match frame.unwrap().unwrap() {
                Message::Text(text) => self.waiting.extend(text.lines().map(|line| serde_json::from_str::<ServerMessage>(line).unwrap())),
                Message::Ping(_) => pings += 1,
                other => panic!("the socket ended with {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_socket_that_fell_behind_gets_a_snapshot_instead_of_what_it_missed() {
    falls_behind(|pin| wire::live(pin, None)).await;
}

#[tokio::test]
async fn a_socket_with_batches_that_fell_behind_gets_a_snapshot_too() {
    falls_behind(|pin| wire::live_in_batches(pin, None)).await;
}

async fn falls_behind(address: impl Fn(&Pin) -> String) {
    let app = TestApp::with_flags(&["--max-new-files-per-room", "0"]).await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let connection = TcpSocket::new_v4().unwrap();
    connection.set_recv_buffer_size(4096).unwrap();
    let connection = connection.connect(app.address()).await.unwrap();
    let (stream, _) = connect_at(connection, &guest, &address(&guest.entered.pin), &[]).await.unwrap();
    let mut lagging = SlowClient { stream, waiting: VecDeque::new() };

    // Each of these events is 6 kilobytes of JSON, so that all of them are more than the socket buffers hold.
    let name = "\u{1}".repeat(1000);
    let add = async |_| {
        owner.add_file(&name, 1).await;
    };
    stream::iter(0..1200).for_each_concurrent(20, add).await;
    let truth = owner.view().await.snapshot;
    assert_eq!(truth.revision, 1202);

    let ServerMessage::Snapshot(mut room) = lagging.next().await else { panic!("no snapshot at first") };
    let mut gathered = Vec::new();
    let behind = loop {
        match lagging.next().await {
            ServerMessage::Event { revision, event } => room.follow(revision, &event).unwrap(),
            ServerMessage::SnapshotPart(part) => gathered.push(part),
            ServerMessage::Snapshot(newer) => break std::mem::replace(&mut room, whole(&mut gathered, newer)).revision,
            ServerMessage::Passing { event } => room.room.pass(&event),
            other => panic!("neither event nor snapshot: {other:?}"),
        }
    };
    assert!(behind + 256 < room.revision, "a snapshot at {} though it knew {behind}", room.revision);

    // From there on the client follows the events like any other.
    owner.add_file("after", 1).await;
    let truth: Snapshot = owner.view().await.snapshot;
    while room.revision < truth.revision {
        if let ServerMessage::Event { revision, event } = lagging.next().await {
            room.follow(revision, &event).unwrap();
        }
    }
    assert!(room.room.files == truth.room.files);
    app.finish().await;
}
