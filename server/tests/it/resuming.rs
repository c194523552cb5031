//! Uploads that break off, and how they go on.

use app::{
    room::{FileId, FileState, PassingEvent, RoomEvent},
    wire::ServerMessage,
};
use tokio::io::AsyncWriteExt as _;

use crate::{
    door::refused,
    raw::{answer, begin_chunk},
    seat::header,
    test_app::{TIMEOUTS, TestApp, files_on_disk},
};

fn progress(id: FileId, offset_bytes: u64, state: FileState) -> PassingEvent {
    PassingEvent::FileProgress { id, offset_bytes, state }
}

#[tokio::test]
async fn what_arrived_before_the_connection_died_is_kept() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let stream = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    drop(stream);
    socket.until_passing(progress(id, 4, FileState::Stopped)).await;

    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.offset_bytes), (FileState::Stopped, 4));
    assert_eq!(owner.offset(id).await, 4);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_file_whose_sender_left_right_after_the_last_byte_is_completed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let bytes = vec![7; 4 << 20];
    let id = owner.add_file("a.bin", bytes.len() as u64).await;
    let mut stream = begin_chunk(&owner, id, 0, bytes.len() as u64, &bytes).await;
    // The sender leaves before the answer, so nobody will continue this upload: the server has to complete the file.
    stream.shutdown().await.unwrap();
    assert!(matches!(socket.event().await, RoomEvent::FileAdded { .. }));
    assert!(matches!(socket.event().await, RoomEvent::FileCompleted { .. }));
    assert!(owner.download(id).await == bytes, "the bytes differ");
    app.finish().await;
}

#[tokio::test]
async fn a_second_chunk_takes_over_from_a_stalled_one_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut stalled = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;

    // Without the second chunk, the server would wait for the stalled one for a minute.
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    let refusal = answer(&mut stalled).await;
    assert!(refusal.starts_with("HTTP/1.1 409") && refusal.contains("upload_taken_over"), "{refusal}");
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn asking_for_the_offset_takes_over_from_a_stalled_chunk_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut stalled = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    assert_eq!(owner.offset(id).await, 4);
    assert!(answer(&mut stalled).await.contains("upload_taken_over"));
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_at_a_wrong_offset_does_not_confuse_the_one_that_runs() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let running = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    refused(owner.append(id, 0, "xxxx").await, 409, "offset_mismatch").await;
    drop(running);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_sender_who_goes_silent_in_a_chunk_is_cut_and_what_arrived_is_kept() {
    let app = TestApp::with_timeouts(server::config::Timeouts { idle_upload: std::time::Duration::from_millis(200), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut silent = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Stopped)).await;
    assert!(answer(&mut silent).await.starts_with("HTTP/1.1 400"));
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    app.finish().await;
}

#[tokio::test]
async fn a_sender_who_goes_silent_between_chunks_is_shown_as_stopped() {
    let app = TestApp::with_timeouts(server::config::Timeouts { idle_upload: std::time::Duration::from_millis(100), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    socket.until_passing(progress(id, 0, FileState::Stopped)).await;
    owner.append(id, 0, "0123").await;
    socket.until_passing(progress(id, 4, FileState::Stopped)).await;
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    app.finish().await;
}

#[tokio::test]
async fn a_sender_whose_page_goes_between_chunks_is_shown_as_stopped_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    let (page, other_tab) = (owner.listen().await, owner.listen().await);
    let announced = owner.add_file("announced.txt", 10).await;
    let begun = owner.add_file("begun.txt", 10).await;
    assert_eq!(owner.append(begun, 0, "0123").await.status(), 204);
    let third = owner.add_file("under way.txt", 10).await;
    let mut under_way = begin_chunk(&owner, third, 0, 4, b"01").await;
    socket.until_passing(progress(third, 2, FileState::Arriving)).await;
    drop(page);
    drop(other_tab);
    // A sender who is only silent would be shown as stopped after a minute.
    let mut stopped = Vec::new();
    while stopped.len() < 2 {
        if let ServerMessage::Passing { event: PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped } } =
            socket.next().await
        {
            stopped.push((id, offset_bytes));
        }
    }
    stopped.sort_unstable();
    let mut expected = [(announced, 0), (begun, 4)];
    expected.sort_unstable();
    assert_eq!(stopped, expected);

    // A chunk that was on its way when the page went is received to its end, and the upload is stopped then.
    under_way.write_all(b"23").await.unwrap();
    socket.until_passing(progress(third, 4, FileState::Stopped)).await;
    app.finish().await;
}

#[tokio::test]
async fn a_refused_chunk_does_not_stop_the_upload() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let response = owner.append(id, 9, "x").await;
    assert_eq!(header(&response, "upload-offset"), "0");
    assert_eq!(owner.entry(id).await.state, FileState::Arriving);
    app.finish().await;
}

#[tokio::test]
async fn removing_a_file_ends_its_running_upload() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut running = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(progress(id, 4, FileState::Arriving)).await;
    assert_eq!(owner.remove(id).await, 204);
    assert!(answer(&mut running).await.starts_with("HTTP/1.1 4"));
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    assert_eq!(owner.ask_offset(id).await.status(), 404);
    refused(owner.append(id, 4, "456789").await, 404, "no_such_file").await;
    app.finish().await;
}
