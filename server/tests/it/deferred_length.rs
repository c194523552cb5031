//! Uploads whose length is declared later (tus extension "creation-defer-length").

use app::room::{FileId, FileState};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    door::refused,
    process::Process,
    seat::{Seat, header, id_in_location, next_bytes},
    test_app::{TestApp, files_on_disk},
};

/// Sends a chunk that also declares the length of the whole file, and returns the answer.
async fn append_and_tell(owner: &Seat, id: FileId, offset: u64, bytes: &'static str, length: u64) -> Response {
    owner.chunk(id, offset).header("upload-length", length).body(bytes).send().await.unwrap()
}

/// What a client that continues is told about the length: the values of `Upload-Length` and `Upload-Defer-Length`, of
/// which one is empty.
async fn told(owner: &Seat, id: FileId) -> (String, String) {
    let response = owner.ask_offset(id).await;
    (header(&response, "upload-length").to_owned(), header(&response, "upload-defer-length").to_owned())
}

fn pair(length: &str, deferred: &str) -> (String, String) {
    (length.to_owned(), deferred.to_owned())
}

#[tokio::test]
async fn a_length_is_unknown_until_it_is_told() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    assert_eq!(told(&owner, id).await, pair("", "1"));
    assert_eq!(owner.row(id).await["size_bytes"], Value::Null);
    assert_eq!(owner.append(id, 0, "1234").await.status(), 204);
    assert_eq!(told(&owner, id).await, pair("", "1"));
    assert_eq!(owner.row(id).await["size_bytes"], Value::Null);
    assert_eq!(owner.row(id).await["offset_bytes"], 4);

    assert_eq!(append_and_tell(&owner, id, 4, "56", 9).await.status(), 204);
    assert_eq!(told(&owner, id).await, pair("9", ""));
    assert_eq!(owner.row(id).await["size_bytes"], 9);
    assert_eq!(owner.entry(id).await.state, FileState::Arriving);

    assert_eq!(owner.append(id, 6, "789").await.status(), 204);
    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.crc32), (FileState::Complete, Some(0xcbf4_3926)));
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn the_last_chunk_may_tell_the_length() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (first, last) in [("123456789", ""), ("1234", "56789"), ("", "123456789")] {
        let id = owner.add_deferred("a.txt").await;
        assert_eq!(owner.append(id, 0, first).await.status(), 204);
        assert_eq!(append_and_tell(&owner, id, first.len() as u64, last, 9).await.status(), 204, "{last:?}");
        assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
        assert_eq!(owner.download(id).await, b"123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_file_of_unknown_length_may_turn_out_empty() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("empty").await;
    assert_eq!(owner.entry(id).await.state, FileState::Arriving);
    assert_eq!(append_and_tell(&owner, id, 0, "", 0).await.status(), 204);
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    assert_eq!(owner.download(id).await, b"");
    app.finish().await;
}

#[tokio::test]
async fn a_file_of_unknown_length_may_begin_with_its_creation() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.creation_with("1234").header("upload-defer-length", 1).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (201, "4"));
    let id = id_in_location(&response);
    assert_eq!(append_and_tell(&owner, id, 4, "56789", 9).await.status(), 204);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_length_is_told_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    assert_eq!(append_and_tell(&owner, id, 0, "1234", 9).await.status(), 204);
    for other in [8, 10] {
        refused(append_and_tell(&owner, id, 4, "5", other).await, 400, "malformed_request").await;
    }
    assert_eq!(owner.offset(id).await, 4);
    // Declaring the same length again is allowed.
    assert_eq!(append_and_tell(&owner, id, 4, "56789", 9).await.status(), 204);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_length_cannot_be_less_than_what_is_here() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    owner.append(id, 0, "1234").await;
    refused(append_and_tell(&owner, id, 4, "", 3).await, 413, "body_too_long").await;
    assert_eq!(owner.row(id).await["size_bytes"], Value::Null);
    assert_eq!(append_and_tell(&owner, id, 4, "56789", 9).await.status(), 204);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_length_that_cannot_be_read_is_refused_with_its_chunk() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    for (length, status, code) in [
        ("", 400, "malformed_request"),
        ("nine", 400, "malformed_request"),
        ("-1", 422, "out_of_range"),
        ("18446744073709551616", 422, "out_of_range"),
        ("18446744073709551615", 413, "file_too_large"),
    ] {
        let response = owner.chunk(id, 0).header("upload-length", length).body("1234").send().await.unwrap();
        refused(response, status, code).await;
    }
    assert_eq!(owner.offset(id).await, 0);
    assert_eq!(told(&owner, id).await, pair("", "1"));
    app.finish().await;
}

#[tokio::test]
async fn a_creation_tells_the_length_or_that_it_comes_later() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    refused(owner.creation().send().await.unwrap(), 400, "malformed_request").await;
    let both = owner.creation().header("upload-length", 5).header("upload-defer-length", 1);
    refused(both.send().await.unwrap(), 400, "malformed_request").await;
    for value in ["2", "0", "", "true", "-1"] {
        let response = owner.creation().header("upload-defer-length", value).send().await.unwrap();
        refused(response, 400, "malformed_request").await;
    }
    assert_eq!(owner.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_download_of_unknown_length_ends_when_the_upload_does() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_deferred("a.txt").await;
    owner.append(id, 0, "1234").await;
    let request = guest.request(Method::GET, &guest.file(id)).header("range", "bytes=2-3");
    let mut download = request.send().await.unwrap();
    assert_eq!(download.status(), 200);
    assert_eq!(header(&download, "content-length"), "");
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "1234");
    owner.append(id, 4, "56").await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "56");
    append_and_tell(&owner, id, 6, "78", 9).await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "78");
    owner.append(id, 8, "9").await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "9");
    assert_eq!(next_bytes(&mut download).await.unwrap(), None);

    let download = guest.get(&guest.file(id)).await;
    assert_eq!(header(&download, "content-length"), "9");
    app.finish().await;
}

#[tokio::test]
async fn a_download_of_unknown_length_that_has_all_bytes_ends_with_an_empty_last_chunk() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    owner.append(id, 0, "123456789").await;
    let mut download = owner.get(&owner.file(id)).await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "123456789");
    assert_eq!(append_and_tell(&owner, id, 9, "", 9).await.status(), 204);
    assert_eq!(next_bytes(&mut download).await.unwrap(), None);
    app.finish().await;
}

#[tokio::test]
async fn a_download_of_unknown_length_is_cut_and_not_ended_when_the_upload_is_removed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    owner.append(id, 0, "1234").await;
    let mut download = owner.get(&owner.file(id)).await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "1234");
    assert_eq!(owner.remove(id).await, 204);
    assert!(next_bytes(&mut download).await.is_err());
    app.finish().await;
}

#[tokio::test]
async fn a_length_is_still_unknown_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let (unknown, known) = (owner.add_deferred("a.txt").await, owner.add_deferred("b.txt").await);
    assert_eq!(owner.append(unknown, 0, "1234").await.status(), 204);
    assert_eq!(append_and_tell(&owner, known, 0, "1234", 9).await.status(), 204);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!((told(&owner, unknown).await, owner.offset(unknown).await), (pair("", "1"), 4));
    assert_eq!((told(&owner, known).await, owner.offset(known).await), (pair("9", ""), 4));
    assert_eq!(append_and_tell(&owner, unknown, 4, "56789", 9).await.status(), 204);
    assert_eq!(owner.append(known, 4, "56789").await.status(), 204);
    for id in [unknown, known] {
        assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
        assert_eq!(owner.download(id).await, b"123456789");
    }
}
