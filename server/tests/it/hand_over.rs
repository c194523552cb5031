//! One request at a time writes a file: a new one takes over from one that hangs. A silent request is cut after a
//! while, but a slow one is not.

use std::time::Duration;

use app::{
    room::{FileId, FileState, PassingEvent, RoomEvent},
    wire::ServerMessage,
};
use futures::future::join_all;
use server::config::Timeouts;
use tokio::io::AsyncWriteExt as _;

use crate::{
    raw::{answer, begin_chunk, begin_upload},
    seat::noise,
    test_app::{TIMEOUTS, TestApp},
};

fn progress(id: FileId, offset_bytes: u64, state: FileState) -> PassingEvent {
    PassingEvent::FileProgress { id, offset_bytes, state }
}

/// Checks the answer to a request whose upload was taken over by another one: it says so, or the connection ended
/// without an answer.
fn assert_let_go(answer: &str) {
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 409") && answer.contains("upload_taken_over"), "{answer}");
}

#[tokio::test]
async fn a_chunk_of_megabytes_that_hangs_is_taken_over_where_it_hangs() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes = noise(1_000_003).repeat(32);
    let id = owner.add_file("a.bin", bytes.len() as u64).await;
    // The half that is sent is more than the socket buffers hold, so most of it has arrived.
    let mut hanging = begin_chunk(&owner, id, 0, bytes.len() as u64, &bytes[..16 << 20]).await;
    let offset = owner.offset(id).await;
    assert_let_go(&answer(&mut hanging).await);
    assert_eq!(owner.offset(id).await, offset);
    let rest = bytes[usize::try_from(offset).unwrap()..].to_vec();
    assert_eq!(owner.append(id, offset, rest).await.status(), 204);
    assert!(owner.download(id).await == bytes, "the bytes differ");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_takes_over_from_a_chunk_that_hangs() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut first = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    let mut second = begin_chunk(&owner, id, 4, 6, b"45").await;
    socket.until_passing(progress(id, 6, FileState::Arriving)).await;
    assert_let_go(&answer(&mut first).await);
    assert_eq!(owner.append(id, 6, "6789").await.status(), 204);
    assert_let_go(&answer(&mut second).await);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_creation_that_hangs_is_taken_over_too() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let mut hanging = begin_upload(&owner, "POST", &owner.files(), &[("upload-length", "10")], 10, b"0123").await;
    let RoomEvent::FileAdded { file } = socket.event().await else { panic!("no file was added") };
    socket.until_passing(progress(file.id, 4, FileState::Arriving)).await;
    assert_eq!(owner.offset(file.id).await, 4);
    assert_let_go(&answer(&mut hanging).await);
    assert_eq!(owner.append(file.id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(file.id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_with_a_checksum_that_hangs_is_dropped_when_it_is_taken_over() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.bin", 32 << 20).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let headers = [("upload-offset", "4"), ("upload-checksum", "sha256 FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")];
    let mut hanging = begin_upload(&owner, "PATCH", &owner.file(id), &headers, 30 << 20, &vec![7; 16 << 20]).await;
    assert_eq!(owner.offset(id).await, 4);
    assert_let_go(&answer(&mut hanging).await);
    assert_eq!(owner.offset(id).await, 4);
    app.finish().await;
}

#[tokio::test]
async fn ten_who_ask_at_once_are_told_the_same_offset() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut hanging = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    assert_eq!(join_all((0..10).map(|_| owner.offset(id))).await, [4; 10]);
    assert_let_go(&answer(&mut hanging).await);
    app.finish().await;
}

#[tokio::test]
async fn of_ten_who_continue_at_once_one_writes() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut hanging = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;

    let answers = join_all((0..10).map(|_| owner.append(id, 4, "456789"))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert!(statuses.iter().all(|status| matches!(status, 204 | 409)), "{statuses:?}");
    // None succeeds if the one that wrote was asked to let go before it had read the end of its own body.
    assert!(statuses.iter().filter(|status| **status == 204).count() <= 1, "{statuses:?}");
    assert_let_go(&answer(&mut hanging).await);
    assert_eq!(owner.offset(id).await, 10);
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_silent_chunk_is_cut_and_keeps_what_arrived_unless_it_has_a_checksum() {
    let app = TestApp::with_timeouts(Timeouts { idle_upload: Duration::from_millis(300), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    for (checksum, offset) in [(None, 4), (Some(("upload-checksum", "crc32c KAwGng==")), 0)] {
        let id = owner.add_file("a.txt", 10).await;
        let headers: Vec<_> = [("upload-offset", "0")].into_iter().chain(checksum).collect();
        let mut silent = begin_upload(&owner, "PATCH", &owner.file(id), &headers, 10, b"0123").await;
        let refusal = answer(&mut silent).await;
        assert!(refusal.starts_with("HTTP/1.1 400") && refusal.contains("malformed_request"), "{refusal}");
        assert_eq!(owner.offset(id).await, offset);
        assert_eq!(owner.append(id, offset, b"0123456789"[usize::try_from(offset).unwrap()..].to_vec()).await.status(), 204);
        assert_eq!(owner.download(id).await, b"0123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_slow_chunk_is_not_cut_while_it_moves() {
    let app = TestApp::with_timeouts(Timeouts { idle_upload: Duration::from_secs(1), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let size_bytes = 1 << 16;
    let slow = owner.add_file("slow.bin", size_bytes).await;
    let mut sender = begin_chunk(&owner, slow, 0, size_bytes, b"x").await;
    let silent = owner.add_file("silent.bin", 10).await;
    let _stalled = begin_chunk(&owner, silent, 0, 10, b"0123").await;
    // Sends one more byte whenever the server has reported the one before, until the silent chunk is cut. That one
    // began later, so the slow chunk lasts longer than a silent one may.
    let mut sent = 1;
    loop {
        match socket.next().await {
            ServerMessage::Passing { event: PassingEvent::FileProgress { id, state, .. } } if id == slow => {
                assert_eq!(state, FileState::Arriving);
                sender.write_all(b"x").await.unwrap();
                sent += 1;
            }
            ServerMessage::Passing { event } if event == progress(silent, 4, FileState::Stopped) => break,
            _ => {}
        }
    }
    let rest = usize::try_from(size_bytes).unwrap() - sent;
    sender.write_all(&vec![b'x'; rest]).await.unwrap();
    assert!(matches!(socket.event().await, RoomEvent::FileCompleted { id, .. } if id == slow));
    assert!(owner.download(slow).await.iter().all(|byte| *byte == b'x'));
    app.finish().await;
}
