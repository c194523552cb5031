//! The digests of complete files: in the file's row, in an event to every member, and as `Repr-Digest` (RFC 9530).

use app::room::{FileId, RoomEvent};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    live_socket::LiveSocket,
    process::Process,
    seat::{Seat, header, next_bytes, noise},
    test_app::{TestApp, eventually},
};

/// The digest of `123456789` in hexadecimal digits; [`REPR`] is its `Repr-Digest`.
const HEX: &str = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
const REPR: &str = "sha-256=:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=:";
/// The digest of an empty file in hexadecimal digits; [`REPR_OF_NOTHING`] is its `Repr-Digest`.
const HEX_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const REPR_OF_NOTHING: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

fn repr(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

/// Requests a file with this value of `Want-Repr-Digest`, and returns the answer.
async fn wanted(seat: &Seat, method: Method, id: FileId, want: &str) -> Response {
    seat.request(method, &seat.file(id)).header("want-repr-digest", want).send().await.unwrap()
}

/// Waits for the event with a file's digest, and returns the digest.
async fn told(socket: &mut LiveSocket, id: FileId) -> Value {
    loop {
        let mut event = serde_json::to_value(socket.event().await).unwrap();
        if event["type"] == "file_digested" && event["id"] == id.to_string() {
            return event["sha256"].take();
        }
    }
}

/// Waits until there is a digest in the row of a file, and returns it.
async fn in_row(seat: &Seat, id: FileId) -> Value {
    eventually("the file is digested", async || {
        let mut row = seat.row(id).await;
        match row["sha256"].take() {
            Value::Null => Err(row),
            digest => Ok(digest),
        }
    })
    .await
}

#[tokio::test]
async fn everybody_is_told_the_digest_after_the_last_byte() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    let id = owner.add_file("a.txt", 9).await;
    owner.append(id, 0, "1234").await;
    assert_eq!(owner.row(id).await["sha256"], Value::Null);
    owner.append(id, 4, "56789").await;
    assert!(matches!(socket.event().await, RoomEvent::FileAdded { .. }));
    assert!(matches!(socket.event().await, RoomEvent::FileCompleted { .. }));
    assert_eq!(told(&mut socket, id).await, HEX);
    assert_eq!(guest.row(id).await["sha256"], HEX);
    app.finish().await;
}

#[tokio::test]
async fn a_download_carries_the_digest_once_it_is_known() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"123456789").await;
    in_row(&owner, id).await;
    for method in [Method::GET, Method::HEAD] {
        let response = guest.request(method, &guest.file(id)).send().await.unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "repr-digest")), (200, REPR));
    }
    app.finish().await;
}

#[tokio::test]
async fn whoever_wants_the_digest_waits_for_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes = noise(4 << 20);
    for (method, want) in [(Method::GET, "sha-256=1"), (Method::HEAD, "sha-256=10"), (Method::GET, "sha-512=10, sha-256=3")] {
        let id = owner.upload("a.bin", &bytes).await;
        let response = wanted(&owner, method, id, want).await;
        assert_eq!(response.status(), 200, "{want}");
        assert_eq!(header(&response, "content-length"), "4194304");
        assert_eq!(header(&response, "repr-digest"), repr(&bytes), "{want}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_wish_that_is_none_or_cannot_be_read_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for want in ["sha-256=0", "sha-512=1", "unixsum=10", "sha-256", "sha-256=11", "sha-256=-1", "sha-256=much", "=;,", "", "sha-256=1,,"] {
        let id = owner.upload("a.txt", b"123456789").await;
        let response = wanted(&owner, Method::GET, id, want).await;
        assert_eq!(response.status(), 200, "{want}");
        assert!(matches!(header(&response, "repr-digest"), "" | REPR), "{want}");
        assert_eq!(response.text().await.unwrap(), "123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_part_carries_the_digest_of_the_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"123456789").await;
    for (range, content_type) in [("bytes=2-4", "text/plain"), ("bytes=0-0,8-8", "multipart/byteranges")] {
        let request = owner.request(Method::GET, &owner.file(id)).header("range", range).header("want-repr-digest", "sha-256=1");
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "repr-digest")), (206, REPR), "{range}");
        assert!(header(&response, "content-type").starts_with(content_type));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_running_upload_has_no_digest_and_nobody_waits_for_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 9).await;
    owner.append(id, 0, "1234").await;
    let mut download = wanted(&owner, Method::GET, id, "sha-256=1").await;
    assert_eq!((download.status().as_u16(), header(&download, "repr-digest")), (200, ""));
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "1234");
    owner.append(id, 4, "56789").await;
    assert_eq!(next_bytes(&mut download).await.unwrap().unwrap(), "56789");
    assert_eq!(next_bytes(&mut download).await.unwrap(), None);
    app.finish().await;
}

#[tokio::test]
async fn every_file_has_its_own_digest() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (one, two, empty) = (owner.upload("1", b"first").await, owner.upload("2", b"second").await, owner.upload("3", b"").await);
    assert_eq!(in_row(&owner, one).await, "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e");
    assert_eq!(in_row(&owner, two).await, "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4");
    assert_eq!(in_row(&owner, empty).await, HEX_OF_NOTHING);
    assert_eq!(header(&wanted(&owner, Method::GET, empty, "sha-256=1").await, "repr-digest"), REPR_OF_NOTHING);
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_came_in_pieces_has_the_digest_of_the_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes = noise(3 << 20);
    let id = owner.add_file("a.bin", bytes.len() as u64).await;
    let mut offset = 0;
    for piece in bytes.chunks(777_777) {
        assert_eq!(owner.append(id, offset, piece.to_vec()).await.status(), 204);
        offset += piece.len() as u64;
    }
    assert_eq!(header(&wanted(&owner, Method::GET, id, "sha-256=1").await, "repr-digest"), repr(&bytes));

    let id = owner.add_deferred("b.txt").await;
    owner.append(id, 0, "1234").await;
    owner.chunk(id, 4).header("upload-length", 9).body("56789").send().await.unwrap();
    assert_eq!(in_row(&owner, id).await, HEX);
    app.finish().await;
}

#[tokio::test]
async fn a_file_whose_bytes_came_before_and_after_a_kill_has_the_digest_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(3 << 20);
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.add_file("a.bin", bytes.len() as u64).await;
    assert_eq!(owner.append(id, 0, bytes[..1_234_567].to_vec()).await.status(), 204);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(owner.append(id, 1_234_567, bytes[1_234_567..].to_vec()).await.status(), 204);
    assert_eq!(header(&wanted(&owner, Method::GET, id, "sha-256=1").await, "repr-digest"), repr(&bytes));
}

#[tokio::test]
async fn a_file_that_was_complete_right_before_a_kill_is_digested_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(8 << 20);
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let (large, small) = (owner.upload("large.bin", &bytes).await, owner.upload("small.txt", b"123456789").await);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(in_row(&owner, small).await, HEX);
    assert!(in_row(&owner, large).await.is_string());
    assert_eq!(header(&wanted(&owner, Method::HEAD, large, "sha-256=1").await, "repr-digest"), repr(&bytes));
}

#[tokio::test]
async fn a_digest_that_was_told_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let mut socket = owner.listen().await;
    let since = owner.view().await.snapshot.revision;
    let id = owner.upload("a.txt", b"123456789").await;
    assert_eq!(told(&mut socket, id).await, HEX);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(owner.row(id).await["sha256"], HEX);
    assert_eq!(told(&mut owner.live(Some(since)).await, id).await, HEX);
}

#[tokio::test]
async fn a_file_that_is_removed_while_it_is_digested_is_gone() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes = noise(4 << 20);
    let id = owner.upload("a.bin", &bytes).await;
    let (waited, removed) = tokio::join!(wanted(&owner, Method::HEAD, id, "sha-256=1"), owner.remove(id));
    assert!(matches!(waited.status().as_u16(), 200 | 404), "{}", waited.status());
    assert_eq!(removed, 204);
    assert_eq!(owner.ask_offset(id).await.status(), 404);
    // The removed file does not hold up the digest of the next one.
    let next = owner.upload("b.txt", b"123456789").await;
    assert_eq!(in_row(&owner, next).await, HEX);
    app.finish().await;
}
