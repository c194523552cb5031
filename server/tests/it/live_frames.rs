//! What a client may send over a live socket, frame by frame, and how the socket ends when it sends something else.

use app::{
    room::RoomEvent,
    wire::{ProblemCode, ServerMessage},
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    live_socket::connect,
    test_app::{LONG, TestApp},
};

#[tokio::test]
async fn whoever_closes_a_socket_gets_the_closing_frame_back() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.send(Message::Close(Some(CloseFrame { code: CloseCode::Library(4999), reason: "done".into() }))).await;
    assert_eq!(socket.close_code().await, 4999);
    app.finish().await;
}

#[tokio::test]
async fn a_ping_between_the_pieces_of_a_message_is_answered() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (stream, _) = connect(&owner, None, &[]).await.unwrap();
    let mut connection = stream.into_inner();
    // Two pieces of a text with a ping between them, one byte in a packet; the mask is 0 (RFC 6455, section 5.4).
    let text = json!({"type": "rename", "name": "Pieces"}).to_string();
    let (first, second) = text.split_at(5);
    let piece = |opcode: u8, payload: &str| {
        let length = 0x80 | u8::try_from(payload.len()).unwrap();
        [&[opcode, length, 0, 0, 0, 0], payload.as_bytes()].concat()
    };
    for byte in [piece(0x01, first), piece(0x89, "between"), piece(0x80, second)].concat() {
        connection.write_all(&[byte]).await.unwrap();
    }
    let mut came = Vec::new();
    let has = |came: &[u8], wanted: &[u8]| came.windows(wanted.len()).any(|bytes| bytes == wanted);
    while !has(&came, b"\x8a\x07between") || !has(&came, b"Pieces") {
        let read = tokio::time::timeout(LONG, connection.read_buf(&mut came)).await;
        assert_ne!(read.expect("the pong and the event come").unwrap(), 0, "{}", String::from_utf8_lossy(&came));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_a_problem_and_not_the_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    for text in ["", "{", "5", "{}", r#"{"type": "sing"}"#, r#"{"type": "rename"}"#, r#"{"type": "visibility", "visible": "yes"}"#] {
        socket.send(Message::text(text)).await;
        assert_eq!(socket.problem().await, ProblemCode::MalformedMessage, "{text}");
    }
    socket.send(Message::binary(b"{\"type\": \"heartbeat\"}".to_vec())).await;
    assert_eq!(socket.problem().await, ProblemCode::MalformedMessage);

    socket.say(json!({"type": "rename", "name": "Still here"})).await;
    assert!(matches!(socket.event().await, RoomEvent::MemberRenamed { .. }));
    app.finish().await;
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_socket() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.send(Message::text("x".repeat(20_000))).await;
    assert_eq!(socket.close_code().await, 1009);
    app.finish().await;
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_ends_only_its_socket() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (mut broken, mut sound) = (owner.listen().await, owner.listen().await);
    let frame = tokio_tungstenite::tungstenite::protocol::frame::Frame::message(
        vec![0xff, 0xfe],
        tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode::Data(
            tokio_tungstenite::tungstenite::protocol::frame::coding::Data::Text,
        ),
        true,
    );
    broken.send(Message::Frame(frame)).await;
    assert_eq!(broken.close_code().await, 1007);
    sound.say(json!({"type": "rename", "name": "Sound"})).await;
    assert!(matches!(sound.event().await, RoomEvent::MemberRenamed { .. }));
    app.finish().await;
}

#[tokio::test]
async fn whoever_sends_frames_without_end_is_dropped_whatever_they_are() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    for frame in [Message::Ping("ping".into()), Message::Pong("pong".into()), Message::text("{}")] {
        let mut socket = guest.listen().await;
        // More than a member has left after a burst, however slowly they are sent.
        while socket.send_if_open(frame.clone()).await {}
        assert_eq!(socket.close_code().await, 1008, "{frame:?}");
    }
    let mut patient = owner.listen().await;
    owner.add_file("a.txt", 1).await;
    assert!(matches!(patient.event().await, RoomEvent::FileAdded { .. }));
    app.finish().await;
}

#[tokio::test]
async fn all_sockets_of_a_member_count_together() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut first = owner.listen().await;
    while first.send_if_open(Message::Ping("ping".into())).await {}
    assert_eq!(first.close_code().await, 1008);
    let mut second = owner.listen().await;
    // A member with nothing left regains twenty frames a second.
    let mut sent = 0;
    while second.send_if_open(Message::Ping("ping".into())).await {
        sent += 1;
    }
    assert_eq!(second.close_code().await, 1008, "after {sent} frames");
    app.finish().await;
}

#[tokio::test]
async fn a_frame_that_says_to_be_too_long_is_not_awaited() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (stream, _) = connect(&owner, None, &[]).await.unwrap();
    let mut connection = stream.into_inner();
    // The head of a masked text frame of 15 MiB, and nothing of its payload (RFC 6455, section 5.2).
    let mut head = vec![0x81, 0xff];
    head.extend((15u64 << 20).to_be_bytes());
    head.extend([0; 4]);
    connection.write_all(&head).await.unwrap();
    let mut came = Vec::new();
    tokio::time::timeout(LONG, connection.read_to_end(&mut came)).await.expect("the server ends the connection").unwrap_or_default();
    // The last frame is a close frame with the code 1009, "message too big".
    let close = [0x88, 27, 0x03, 0xf1];
    assert!(came.windows(close.len()).any(|bytes| bytes[0] == close[0] && bytes[2..] == close[2..]), "{came:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_flood_of_messages_is_a_problem_and_not_the_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    for _ in 0..50 {
        socket.say(json!({"type": "heartbeat"})).await;
    }
    assert_eq!(socket.problem().await, ProblemCode::TooManyRequests);
    owner.add_file("a.txt", 1).await;
    // The problems with the other heartbeats come first.
    while !matches!(socket.next().await, ServerMessage::Event { event: RoomEvent::FileAdded { .. }, .. }) {}
    app.finish().await;
}

#[tokio::test]
async fn who_breaks_the_rules_is_told_which_and_the_connection_is_not_reset() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let too_long = [&[0x81, 0xfe, 0x4e, 0x20, 0, 0, 0, 0][..], &[b'x'; 20_000]].concat();
    let continuation_of_nothing = vec![0x80, 0x81, 0, 0, 0, 0, b'x'];
    let without_mask = vec![0x81, 0x01, b'x'];
    let reserved = vec![0xf1, 0x80, 0, 0, 0, 0];
    for (frame, code) in [(too_long, 1009u16), (continuation_of_nothing, 1002), (without_mask, 1002), (reserved, 1002)] {
        let (stream, _) = connect(&owner, None, &[]).await.unwrap();
        let mut connection = stream.into_inner();
        connection.write_all(&frame).await.unwrap();
        let mut came = Vec::new();
        let read = tokio::time::timeout(LONG, connection.read_to_end(&mut came)).await.expect("the server ends the connection");
        read.expect("the connection is not reset");
        let [first, second] = code.to_be_bytes();
        let is_close = |bytes: &[u8]| bytes[0] == 0x88 && bytes[2..] == [first, second];
        assert!(came.windows(4).any(is_close), "no close frame with {code} in {came:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_headers_of_the_handshake_may_list_more() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for headers in [
        "Connection: keep-alive,\tUpgrade\r\nUpgrade: websocket",
        "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: WebSocket, h2c",
    ] {
        let mut connection = tokio::net::TcpStream::connect(app.address()).await.unwrap();
        let (path, token) = (app::wire::live(&owner.entered.pin, None), &owner.entered.token);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n",
            app.address()
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 101", "{headers}");
    }
    app.finish().await;
}
