//! The server is killed while rooms are opened and closed as fast as it goes: whoever was told that a room is open finds it
//! after the next start, although its place in the journal was that of a closed room a moment ago.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use rand::RngExt as _;
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::{
    client::{self, Room},
    fuse::LONG,
    program::Program,
    seed,
};

const ROUNDS: u64 = 12;
const CLIENTS: usize = 4;
/// How many rooms each client keeps open. With one more, it closes the oldest.
const OPEN: usize = 3;

/// The rooms whose opening was acknowledged, and whose closing was not begun.
type Promised = Arc<Mutex<HashMap<String, Room>>>;

/// Opens and closes rooms until the server is gone.
async fn open_and_close(http: reqwest::Client, address: std::net::SocketAddr, promised: Promised, opened: watch::Sender<usize>) {
    let mut open = std::collections::VecDeque::new();
    while let Ok(room) = Room::create(&http, address).await {
        promised.lock().unwrap().insert(room.pin.clone(), room.clone());
        open.push_back(room);
        opened.send_modify(|opened| *opened += 1);
        if open.len() > OPEN {
            let oldest = open.pop_front().unwrap();
            promised.lock().unwrap().remove(&oldest.pin);
            if oldest.close().await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_room_is_lost_when_the_server_is_killed_while_others_are_closed() {
    let mut rng = seed::rng();
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::start(folder.path());
        let promised = Promised::default();
        let (opened, mut seen) = watch::channel(0);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(open_and_close(client::http(None), program.address(), Arc::clone(&promised), opened.clone()));
        }
        let enough = rng.random_range(60..250);
        timeout(LONG, seen.wait_for(|opened| *opened >= enough)).await.expect("rooms are opened in time").unwrap();
        program.kill();
        while clients.join_next().await.is_some() {}

        let program = Program::start(folder.path());
        let http = client::http(None);
        let promised = std::mem::take(&mut *promised.lock().unwrap());
        assert!(!promised.is_empty());
        for room in promised.into_values() {
            room.at(&http, program.address()).view().await.unwrap_or_else(|error| panic!("room {} in round {round}: {error:?}", room.pin));
        }
        let damaged =
            std::fs::read_dir(folder.path()).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("damaged-"));
        assert!(!damaged, "a kill is no damage");
    }
}
