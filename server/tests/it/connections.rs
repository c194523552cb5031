//! Connections: how many there may be, and when one that stopped half-way is ended.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::{
    door::refused,
    raw::answer,
    test_app::{TIMEOUTS, TestApp, eventually},
};

const SOON: Duration = Duration::from_millis(100);

/// Asks for `/healthz` on a connection that stays open, and returns the status line of the answer.
async fn ask(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let length = connection.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_connection_too_many_is_refused_and_those_inside_go_on() {
    for flag in ["--max-connections", "--max-connections-per-address"] {
        let app = TestApp::with_flags(&[flag, "3"]).await;
        let connect = || TcpStream::connect(app.address());
        let (mut first, mut second, mut third) = (connect().await.unwrap(), connect().await.unwrap(), connect().await.unwrap());
        for connection in [&mut first, &mut second, &mut third] {
            assert_eq!(ask(connection).await, "HTTP/1.1 200 OK");
        }
        let refused = answer(&mut connect().await.unwrap()).await;
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: 5\r\n"), "{refused}");
        assert!(refused.contains(r#""code":"too_many_connections""#), "{refused}");
        assert_eq!(ask(&mut first).await, "HTTP/1.1 200 OK");

        drop((second, third));
        let admitted = async || match ask(&mut connect().await.unwrap()).await {
            line if line == "HTTP/1.1 200 OK" => Ok(()),
            line => Err(line),
        };
        eventually("somebody else is admitted", admitted).await;
        drop(first);
        app.finish().await;
    }
}

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let app = TestApp::with_timeouts(Timeouts { head: SOON, ..TIMEOUTS }).await;
    let mut connection = TcpStream::connect(app.address()).await.unwrap();
    // The time begins with the first byte of each head, not with the connection.
    assert_eq!(ask(&mut connection).await, "HTTP/1.1 200 OK");
    connection.write_all(b"GET /healthz HTT").await.unwrap();
    assert_eq!(answer(&mut connection).await, "");
    app.finish().await;
}

#[tokio::test]
async fn a_live_socket_is_not_taken_for_half_a_head() {
    let app = TestApp::with_timeouts(Timeouts { head: SOON, ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    // When half a head on another connection has been cut off, what the socket sent before is older than the limit, too.
    socket.say(json!({"type": "visibility", "visible": true})).await;
    for _ in 0..3 {
        let mut half = TcpStream::connect(app.address()).await.unwrap();
        half.write_all(b"GET /healthz HTT").await.unwrap();
        assert_eq!(answer(&mut half).await, "");
    }
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_read_as_a_whole_is_not_waited_for() {
    let app = TestApp::with_timeouts(Timeouts { whole_body: SOON, ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let id = owner.upload("a.png", b"0123456789").await;
    let room = format!("/api/rooms/{}", owner.pin());
    for (method, path) in [
        ("POST", "/api/rooms".to_owned()),
        ("POST", format!("{room}/members")),
        ("POST", format!("{room}/snippets")),
        ("PUT", format!("{room}/files/{id}/thumbnail")),
    ] {
        let mut connection = TcpStream::connect(app.address()).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: 9\r\n\r\n{{",
            owner.entered.token
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let refused = answer(&mut connection).await;
        assert!(refused.starts_with("HTTP/1.1 408 ") && refused.contains(r#""code":"request_timeout""#), "{path}: {refused}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_disconnected() {
    let app = TestApp::with_timeouts(Timeouts { stalled_client: SOON, ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("large", &vec![b'x'; 32 << 20]).await;
    let connection = TcpSocket::new_v4().unwrap();
    connection.set_recv_buffer_size(4096).unwrap();
    let mut connection = connection.connect(app.address()).await.unwrap();
    let mut socket = owner.listen().await;
    let head = format!("GET {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", owner.file(id), guest.entered.token);
    connection.write_all(head.as_bytes()).await.unwrap();
    socket.until_download(true).await;
    socket.until_download(false).await;
    app.finish().await;
}

#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let app = TestApp::start().await;
    for (hosts, status) in [("", "400"), ("host: a\r\nhost: a\r\n", "400"), ("host: a\r\n", "200"), ("host:\r\n", "200")] {
        let mut connection = TcpStream::connect(app.address()).await.unwrap();
        connection.write_all(format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n").as_bytes()).await.unwrap();
        let answer = answer(&mut connection).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_host_that_is_not_listed_is_refused() {
    let app = TestApp::with_flags(&["--allowed-host", "127.0.0.1,drop.example"]).await;
    app.create_room().await;
    let ask = |host: &'static str| app.request(Method::GET, "/").header("host", host).send();
    assert_eq!(ask("drop.example:443").await.unwrap().status(), 200);
    refused(ask("evil.example").await.unwrap(), 421, "unknown_host").await;
    app.finish().await;
}

#[tokio::test]
async fn a_message_in_empty_pieces_without_end_is_cut() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut connection = TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "GET /api/rooms/{}/live HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        owner.pin(),
        owner.entered.token
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    // A text that goes on and on: its first frame, and continuations, each with an empty payload and a mask.
    connection.write_all(&[0x01, 0x80, 1, 2, 3, 4]).await.unwrap();
    let pieces = [0x00, 0x80, 1, 2, 3, 4].repeat(10_000);
    let mut sent = 0;
    while connection.write_all(&pieces).await.is_ok() {
        sent += pieces.len();
        assert!(sent < 64 << 20, "{sent} bytes were taken");
    }
    owner.listen().await;
    app.finish().await;
}
