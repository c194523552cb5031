//! Uploads whose first bytes come with their creation (tus extension "creation-with-upload").

use app::room::{FileState, PassingEvent, RoomEvent};
use reqwest::Body;
use tokio::io::AsyncWriteExt as _;

use crate::{
    door::refused,
    raw::begin_upload,
    seat::{Seat, header, id_in_location, metadata, next_bytes},
    test_app::TestApp,
};

#[tokio::test]
async fn a_whole_file_comes_with_its_creation() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let request = owner.creation_with("123456789").header("upload-length", 9).header("upload-metadata", metadata("a.txt"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "upload-offset"), "9");
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");
    assert_eq!(header(&response, "upload-expires"), "");
    let id = id_in_location(&response);
    assert_eq!(header(&response, "location"), owner.file(id));

    let entry = owner.entry(id).await;
    assert_eq!((entry.name.as_str(), entry.state, entry.crc32), ("a.txt", FileState::Complete, Some(0xcbf4_3926)));
    assert_eq!(owner.download(id).await, b"123456789");
    assert!(matches!(socket.event().await, RoomEvent::FileAdded { file } if file.id == id));
    assert!(matches!(socket.event().await, RoomEvent::FileCompleted { id: completed, .. } if completed == id));
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_began_with_its_creation_goes_on_with_chunks() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.creation_with("1234").header("upload-length", 9).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "upload-offset"), "4");
    assert_ne!(header(&response, "upload-expires"), "");
    let id = id_in_location(&response);
    assert_eq!(owner.entry(id).await.state, FileState::Arriving);
    assert_eq!(owner.offset(id).await, 4);
    assert_eq!(owner.append(id, 4, "56789").await.status(), 204);
    assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_creation_with_an_empty_body_is_a_creation() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (length, state) in [(5, FileState::Arriving), (0, FileState::Complete)] {
        let response = owner.creation_with("").header("upload-length", length).send().await.unwrap();
        assert_eq!(response.status(), 201, "{length}");
        assert_eq!(header(&response, "upload-offset"), "0");
        assert_eq!(owner.entry(id_in_location(&response)).await.state, state);
    }
    app.finish().await;
}

/// Checks that no row has more than the five bytes that were declared.
async fn assert_within_five_bytes(owner: &Seat) {
    let files = owner.room().await.files;
    assert!(files.iter().all(|file| file.offset_bytes <= 5), "{files:?}");
}

#[tokio::test]
async fn a_body_longer_than_declared_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.creation_with("123456").header("upload-length", 5).send().await.unwrap();
    refused(response, 413, "body_too_long").await;
    let files = owner.room().await.files;
    assert!(files.iter().all(|file| file.state != FileState::Complete), "{files:?}");
    assert_within_five_bytes(&owner).await;
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_unannounced_length_is_taken_up_to_what_was_declared() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let unannounced = |last: &'static str| Body::wrap_stream(futures::stream::iter(["123", last].map(Ok::<_, std::convert::Infallible>)));
    let response = owner.creation_with(unannounced("45")).header("upload-length", 5).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (201, "5"));
    assert_eq!(owner.download(id_in_location(&response)).await, b"12345");
    let response = owner.creation_with(unannounced("456")).header("upload-length", 5).send().await.unwrap();
    refused(response, 413, "body_too_long").await;
    assert_within_five_bytes(&owner).await;
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for media_type in [None, Some("application/octet-stream"), Some("text/plain"), Some("")] {
        let mut request = owner.creation().header("upload-length", 5);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        refused(request.body("12345").send().await.unwrap(), 415, "unsupported_media_type").await;
    }
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_a_creation_that_is_refused_makes_no_file() {
    let app = TestApp::with_flags(&["--max-file-size", "5B", "--max-room-size", "8B"]).await;
    let owner = app.create_room().await;
    let response = owner.creation_with("123456").header("upload-length", 6).send().await.unwrap();
    refused(response, 413, "file_too_large").await;
    assert_eq!(owner.room().await.files, []);
    owner.upload("fits", b"12345").await;
    let response = owner.creation_with("1234").header("upload-length", 4).send().await.unwrap();
    refused(response, 413, "room_full").await;
    assert_eq!(owner.room().await.files.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_body_with_its_checksum_is_taken() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let checksum = "sha256 FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";
    let response = owner.creation_with("123456789").header("upload-length", 9).header("upload-checksum", checksum).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (201, "9"));
    assert_eq!(owner.download(id_in_location(&response)).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_body_with_the_checksum_of_another_is_not_kept() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let checksum = "sha256 FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";
    let response = owner.creation_with("12345678x").header("upload-length", 9).header("upload-checksum", checksum).send().await.unwrap();
    refused(response, 460, "checksum_mismatch").await;
    // The server may keep the upload without bytes or not.
    let files = owner.room().await.files;
    assert!(files.iter().all(|file| file.offset_bytes == 0 && file.state != FileState::Complete), "{files:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_download_gets_the_bytes_of_a_creation_that_has_not_ended() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let mut running = begin_upload(&owner, "POST", &owner.files(), &[("upload-length", "10")], 10, b"0123").await;
    let RoomEvent::FileAdded { file } = socket.event().await else { panic!("no file was added") };
    let mut download = owner.get(&owner.file(file.id)).await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "0123");
    running.write_all(b"456789").await.unwrap();
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "456789");
    assert_eq!(next_bytes(&mut download).await.unwrap(), None);
    app.finish().await;
}

#[tokio::test]
async fn what_arrived_of_a_creation_that_broke_off_is_kept() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let running = begin_upload(&owner, "POST", &owner.files(), &[("upload-length", "10")], 10, b"0123").await;
    let RoomEvent::FileAdded { file } = socket.event().await else { panic!("no file was added") };
    let id = file.id;
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;
    drop(running);
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Stopped }).await;
    assert_eq!(owner.offset(id).await, 4);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}
