//! Proxies that only pass bytes on, and say who their client is in front of them (PROXY protocol).

use std::time::Duration;

use server::config::Timeouts;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

use crate::{
    raw::answer,
    seat::Seat,
    test_app::{TIMEOUTS, TestApp},
};

/// What makes 127.0.0.2 such a proxy.
const FLAGS: [&str; 3] = ["--trusted-proxy", "127.0.0.2", "--proxy-protocol"];
const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n";

/// A connection from this address.
async fn connect(app: &TestApp, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from.parse::<std::net::IpAddr>().unwrap(), 0).into()).unwrap();
    socket.connect(app.address()).await.unwrap()
}

/// Sends these bytes and then a request to join the room, and returns the first line of the answer.
async fn join(app: &TestApp, owner: &Seat, from: &str, before: &[u8]) -> String {
    let mut stream = connect(app, from).await;
    let request = format!("POST /api/rooms/{}/members HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", owner.pin());
    stream.write_all(&[before, request.as_bytes()].concat()).await.unwrap();
    answer(&mut stream).await.lines().next().unwrap_or_default().to_owned()
}

async fn newest_address(owner: &Seat) -> String {
    owner.room().await.members.last().unwrap().address.clone()
}

#[tokio::test]
async fn the_client_is_whom_the_proxy_names_and_only_a_trusted_one_names_anybody() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    assert_eq!(join(&app, &owner, "127.0.0.2", HEADER).await, "HTTP/1.1 201 Created");
    assert_eq!(newest_address(&owner).await, "203.0.113.9");
    assert_eq!(join(&app, &owner, "127.0.0.2", b"PROXY UNKNOWN\r\n").await, "HTTP/1.1 201 Created");
    assert_eq!(newest_address(&owner).await, "127.0.0.2");
    // Whoever comes directly needs no header, and is not believed one.
    assert_eq!(join(&app, &owner, "127.0.0.3", b"").await, "HTTP/1.1 201 Created");
    assert_eq!(newest_address(&owner).await, "127.0.0.3");
    assert!(join(&app, &owner, "127.0.0.3", HEADER).await.starts_with("HTTP/1.1 400 "));
    app.finish().await;
}

#[tokio::test]
async fn a_header_that_is_missing_doubled_or_endless_is_refused() {
    let app = TestApp::with(&FLAGS, Timeouts { head: Duration::from_millis(300), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    assert!(join(&app, &owner, "127.0.0.2", b"").await.starts_with("HTTP/1.1 400 "));
    assert!(join(&app, &owner, "127.0.0.2", &[HEADER, HEADER].concat()).await.starts_with("HTTP/1.1 400 "));
    let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 1000]].concat();
    assert!(join(&app, &owner, "127.0.0.2", &endless).await.starts_with("HTTP/1.1 400 "));
    for part in [&b""[..], b"PROXY", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"] {
        let mut stream = connect(&app, "127.0.0.2").await;
        stream.write_all(part).await.unwrap();
        assert_eq!(answer(&mut stream).await, "", "{part:?} is not waited for");
    }
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn connections_are_counted_for_the_client_that_is_named() {
    let app = TestApp::with_flags(&[&FLAGS[..], &["--max-connections-per-address", "1"]].concat()).await;
    let mut open = Vec::new();
    for client in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        let mut stream = connect(&app, "127.0.0.2").await;
        stream
            .write_all(format!("PROXY TCP4 {client} 127.0.0.1 4711 80\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut first = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        open.push(stream);
    }
    let mut second = connect(&app, "127.0.0.2").await;
    second.write_all(b"PROXY TCP4 203.0.113.2 127.0.0.1 4712 80\r\n").await.unwrap();
    let refused = answer(&mut second).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("too_many_connections"), "{refused}");
    drop(open);
    app.finish().await;
}
