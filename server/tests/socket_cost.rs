//! How much memory an idle live socket takes. This test has a file of its own, because it counts every allocation of its
//! process. Its own sockets take none: they are those of the system.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use app::wire::{self, Entered};
use peak_alloc::PeakAlloc;
use serde_json::json;
use server::{Server, config::Config};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// As many rooms with as many members as the load program has for each of its sockets, a twentieth of all of them.
const ROOMS: usize = 50;
const MEMBERS: usize = 10;
/// The most bytes of a socket, its part of the room's channel included.
const LIMIT: usize = 4 * 1024;

/// Creates the rooms, and returns the seats of all members.
async fn seats(address: SocketAddr) -> Vec<Entered> {
    // The library asks for cryptography, although nothing here is encrypted.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str| {
        let response = http.post(format!("http://{address}{path}")).json(&json!({"name": "Ada"})).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json::<Entered>().await.unwrap()
    };
    let mut seats = Vec::new();
    for _ in 0..ROOMS {
        let owner = post(wire::ROOMS).await;
        let members = format!("/api/rooms/{}/members", owner.pin);
        seats.push(owner);
        for _ in 1..MEMBERS {
            seats.push(post(&members).await);
        }
    }
    seats
}

/// Opens the live socket of a seat. It waits for the answer on a thread that may block.
fn open(address: SocketAddr, seat: &Entered) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let (path, token) = (wire::live(&seat.pin, None), &seat.token);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Reads what the server sends, and waits until it sends nothing more and its memory stays the same.
async fn settled(sockets: &mut [TcpStream]) -> usize {
    let mut before = 0;
    while before != MEMORY.current_usage() {
        before = MEMORY.current_usage();
        for socket in &mut *sockets {
            let mut sent = [0; 4096];
            while !matches!(socket.read(&mut sent), Err(error) if error.kind() == ErrorKind::WouldBlock) {}
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "this test is also run to read the measured figures")]
async fn an_idle_socket_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["snapdrop", "--data-dir", folder.path().to_str().unwrap(), "--max-rooms-per-address", "0"];
    let limits = ["--max-creations-per-address", "0", "--max-joins-per-address", "0", "--max-connections-per-address", "0"];
    let config = Config::from_args(arguments.iter().chain(&limits)).unwrap();
    let server = Server::open(config).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let running = tokio::spawn(server.run(listener, None, stop.clone()));

    let seats = seats(address).await;
    let before = settled(&mut []).await;
    let mut sockets = Vec::with_capacity(seats.len());
    for seat in seats.clone() {
        sockets.push(tokio::task::spawn_blocking(move || open(address, &seat)).await.unwrap());
    }
    let each = (settled(&mut sockets).await - before) / sockets.len();
    println!("a socket: {each} bytes");
    drop(sockets);
    stop.cancel();
    running.await.unwrap().unwrap();
    assert!(each <= LIMIT, "{each} bytes");
}
