//! Unfinished uploads that nobody continues are removed (tus extension "expiration").

use app::{
    room::{FileId, FileState, PassingEvent, RoomEvent},
    wire::ServerMessage,
};
use reqwest::Response;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::{
    door::refused,
    live_socket::LiveSocket,
    raw::begin_chunk,
    seat::{header, id_in_location},
    test_app::{TIMEOUTS, TestApp, eventually, files_on_disk},
};

/// The time from an answer's `Date` to its `Upload-Expires`, rounded to whole hours.
fn hours_left(response: &Response) -> u64 {
    let at = |name| httpdate::parse_http_date(header(response, name)).unwrap();
    (at("upload-expires").duration_since(at("date")).unwrap().as_secs() + 1800) / 3600
}

async fn until_removed(socket: &mut LiveSocket, id: FileId) {
    let is_removal =
        |message| matches!(message, ServerMessage::Event { event: RoomEvent::FileRemoved { id: removed }, .. } if removed == id);
    while !is_removal(socket.next().await) {}
}

#[tokio::test]
async fn an_unfinished_upload_says_when_it_ends() {
    for (flags, hours) in [(vec![], 24), (vec!["--upload-ttl", "5h"], 5)] {
        let app = TestApp::with_flags(&flags).await;
        let owner = app.create_room().await;
        let created = owner.creation().header("upload-length", 10).send().await.unwrap();
        let id = id_in_location(&created);
        assert_eq!(hours_left(&created), hours);
        assert_eq!(hours_left(&owner.append(id, 0, "0123").await), hours);
        assert_eq!(hours_left(&owner.ask_offset(id).await), hours);
        let deferred = owner.creation().header("upload-defer-length", 1).send().await.unwrap();
        assert_eq!(hours_left(&deferred), hours);
        let part = owner.creation().header("upload-concat", "partial").header("upload-length", 10).send().await.unwrap();
        assert_eq!(hours_left(&part), hours);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_complete_file_has_no_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let empty = owner.creation().header("upload-length", 0).send().await.unwrap();
    assert_eq!((empty.status().as_u16(), header(&empty, "upload-expires")), (201, ""));
    let id = owner.add_file("a.txt", 4).await;
    let last = owner.append(id, 0, "full").await;
    assert_eq!((last.status().as_u16(), header(&last, "upload-expires")), (204, ""));
    assert_eq!(header(&owner.ask_offset(id).await, "upload-expires"), "");
    app.finish().await;
}

#[tokio::test]
async fn an_upload_that_nobody_continues_vanishes_and_complete_files_stay() {
    let app = TestApp::with_flags(&["--upload-ttl", "1s"]).await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    let complete = id_in_location(&owner.creation_with("whole").header("upload-length", 5).send().await.unwrap());
    let begun = id_in_location(&owner.creation_with("half").header("upload-length", 8).send().await.unwrap());
    until_removed(&mut socket, begun).await;
    let announced = owner.add_file("announced.txt", 10).await;
    until_removed(&mut socket, announced).await;

    let left: Vec<_> = owner.room().await.files.iter().map(|file| file.id).collect();
    assert_eq!(left, [complete]);
    assert_eq!(owner.download(complete).await, b"whole");
    for id in [begun, announced] {
        assert_eq!(owner.ask_offset(id).await.status(), 404);
        refused(owner.append(id, 0, "again").await, 404, "no_such_file").await;
        refused(owner.append(id, 4, "more").await, 404, "no_such_file").await;
        refused(owner.get(&owner.file(id)).await, 404, "no_such_file").await;
        assert_eq!(owner.remove(id).await, 404);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_bytes_of_an_expired_upload_are_erased() {
    let app = TestApp::with_flags(&["--upload-ttl", "1s"]).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let begun = id_in_location(&owner.creation_with("half").header("upload-length", 8).send().await.unwrap());
    until_removed(&mut socket, begun).await;
    eventually("the bytes are erased", async || match files_on_disk(app.folder()) {
        left if left.is_empty() => Ok(()),
        left => Err(left),
    })
    .await;
    app.finish().await;
}

#[tokio::test]
async fn an_upload_that_moves_does_not_expire() {
    let app = TestApp::with_flags(&["--upload-ttl", "2s"]).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let moving = owner.add_file("moving.bin", 1 << 20).await;
    let mut slow = begin_chunk(&owner, moving, 0, 1 << 20, b"x").await;
    let silent = owner.add_file("silent.bin", 10).await;
    // Sends one more byte whenever the server has reported the one before, until the silent upload is removed.
    loop {
        match socket.next().await {
            ServerMessage::Passing { event: PassingEvent::FileProgress { id, state: FileState::Arriving, .. } } if id == moving => {
                slow.write_all(b"x").await.unwrap();
            }
            ServerMessage::Event { event: RoomEvent::FileRemoved { id }, .. } => {
                assert_eq!(id, silent);
                break;
            }
            _ => {}
        }
    }
    assert_eq!(owner.entry(moving).await.state, FileState::Arriving);
    app.finish().await;
}

#[tokio::test]
async fn a_part_that_nobody_continues_or_joins_vanishes() {
    let app = TestApp::with_flags(&["--upload-ttl", "1s"]).await;
    let owner = app.create_room().await;
    let mut parts = Vec::new();
    for length in [8, 4] {
        let request = owner.creation_with("1234").header("upload-length", length).header("upload-concat", "partial");
        parts.push(id_in_location(&request.send().await.unwrap()));
    }
    eventually("the parts vanish", async || match owner.room_json().await["parts"].take() {
        Value::Null => Ok(()),
        left => Err(left),
    })
    .await;
    for part in &parts {
        assert_eq!(owner.ask_offset(*part).await.status(), 404);
        refused(owner.append(*part, 4, "5678").await, 404, "no_such_file").await;
    }
    refused(owner.ask_to_concatenate(&owner.final_of(&parts)).await, 404, "no_such_file").await;
    app.finish().await;
}

#[tokio::test]
async fn an_upload_that_expired_while_the_server_was_down_is_gone_after_the_start() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    owner.append(id, 0, "0123").await;
    let complete = owner.upload("b.txt", b"stays").await;
    let since = owner.view().await.snapshot.revision;

    let app = TestApp::on(app.stop().await, &["--upload-ttl", "1s"], TIMEOUTS).await;
    let owner = owner.at(&app);
    until_removed(&mut owner.live(Some(since)).await, id).await;
    assert_eq!(owner.ask_offset(id).await.status(), 404);
    assert_eq!(owner.download(complete).await, b"stays");
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}
