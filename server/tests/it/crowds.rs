//! Crowds behind one address that never meet a limit, with the limits that a server has without flags: a school class, a
//! lecture hall, a family.

use futures::{StreamExt as _, future::join_all, stream};
use tokio::net::TcpStream;

use crate::{
    door::Door,
    live_socket::{LiveSocket, connect_over},
    process::Process,
    seat::Seat,
};

const CONTENT: &[u8] = b"what everybody came for";

/// A person with a browser of their own, who is in the room and follows it, with as many further connections open.
struct Person {
    seat: Seat,
    _live: Vec<LiveSocket>,
    _connections: Vec<TcpStream>,
}

impl Person {
    async fn enters(owner: &Seat, address: std::net::SocketAddr, tabs: usize, connections: usize) -> Self {
        let seat = Door::new(address).join(owner, "Somebody").await;
        let mut live = Vec::new();
        for _ in 0..tabs {
            live.push(seat.listen().await);
        }
        let connections = join_all((0..connections).map(|_| async { TcpStream::connect(address).await.unwrap() })).await;
        Self { seat, _live: live, _connections: connections }
    }
}

/// Lets so many people enter a room at once and stay, each with so many tabs and further connections, and then all of them
/// load its file. Each request has to succeed.
async fn crowd(people: usize, tabs: usize, connections: usize) {
    server::open_files::raise_limit();
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.upload("handout.pdf", CONTENT).await;
    let here: Vec<Person> =
        stream::iter(0..people).map(|_| Person::enters(&owner, process.address(), tabs, connections)).buffer_unordered(40).collect().await;
    assert_eq!(owner.room().await.members.len(), people + 1);
    let loaded = join_all(here.iter().map(|person| person.seat.download(id))).await;
    assert!(loaded.iter().all(|content| content == CONTENT));
    let archives = join_all(here.iter().map(|person| person.seat.archive())).await;
    assert!(archives.iter().all(|archive| archive.status() == 200));
    // Somebody new finds the door open.
    let stream = TcpStream::connect(process.address()).await.unwrap();
    connect_over(stream, &process.join(&owner, "Late").await, None, &[]).await.unwrap();
}

/// 40 browsers with seven connections each: the page's, the live socket's, and five more for what it loads.
#[tokio::test]
async fn a_school_class_behind_one_address_meets_no_limit() {
    crowd(40, 1, 5).await;
}

#[tokio::test]
async fn a_lecture_hall_of_three_hundred_behind_one_address_meets_no_limit() {
    crowd(300, 1, 1).await;
}

#[tokio::test]
async fn a_family_with_twelve_devices_and_many_tabs_meets_no_limit() {
    crowd(12, 8, 6).await;
}
