//! `/api/rooms/{pin}/files/{id}/thumbnail`: the thumbnail of a file, which the owner hands in and every member sees.

use app::{
    room::{FileId, RoomEvent},
    wire,
};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    door::refused,
    process::Process,
    seat::{Seat, header, id_in_location},
    test_app::{TIMEOUTS, TestApp, files_on_disk},
};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a small picture";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n another one";
const WEBP: &[u8] = b"RIFF\x20\0\0\0WEBPVP8  and a third one";

async fn hand_in(seat: &Seat, id: FileId, picture: &[u8]) -> Response {
    seat.request(Method::PUT, &wire::thumbnail(&seat.entered.pin, id)).body(picture.to_vec()).send().await.unwrap()
}

async fn look(seat: &Seat, id: FileId) -> Response {
    seat.get(&wire::thumbnail(&seat.entered.pin, id)).await
}

#[tokio::test]
async fn everybody_sees_the_picture_that_the_owner_hands_in() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    // The thumbnail may come while the file is still arriving.
    let id = owner.add_file("harbour.jpg", 10).await;
    let mut socket = guest.listen().await;
    assert_eq!(owner.row(id).await["has_thumbnail"], Value::Null);
    assert_eq!(hand_in(&owner, id, JPEG).await.status(), 204);
    assert_eq!(socket.event().await, RoomEvent::ThumbnailAdded { id });
    assert_eq!(guest.row(id).await["has_thumbnail"], true);

    let response = look(&guest, id).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "image/jpeg");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header(&response, "cache-control"), "private, max-age=86400, immutable");
    assert_eq!(response.bytes().await.unwrap(), JPEG);
    app.finish().await;
}

#[tokio::test]
async fn a_picture_is_what_its_first_bytes_say() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (picture, media_type) in [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")] {
        let id = owner.upload("a.mov", b"0123456789").await;
        let request = owner.request(Method::PUT, &wire::thumbnail(&owner.entered.pin, id)).header("content-type", "text/html");
        assert_eq!(request.body(picture).send().await.unwrap().status(), 204);
        assert_eq!(header(&look(&owner, id).await, "content-type"), media_type);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_second_picture_takes_the_place_of_the_first() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.png", b"0123456789").await;
    assert_eq!(hand_in(&owner, id, JPEG).await.status(), 204);
    assert_eq!(hand_in(&owner, id, PNG).await.status(), 204);
    let revision = owner.view().await.snapshot.revision;
    let added = |events: &[RoomEvent]| events.iter().filter(|event| matches!(event, RoomEvent::ThumbnailAdded { .. })).count();
    let mut socket = owner.live(Some(0)).await;
    let mut told = Vec::new();
    for _ in 0..revision {
        told.push(socket.event().await);
    }
    assert_eq!(added(&told), 1, "{told:?}");
    assert_eq!(look(&owner, id).await.bytes().await.unwrap(), PNG);
    let mut names = files_on_disk(app.folder());
    names.sort();
    assert_eq!(names, [id.to_string(), format!("{id}.thumbnail")]);
    app.finish().await;
}

#[tokio::test]
async fn only_the_owner_hands_pictures_in_and_only_members_see_them() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.png", b"0123456789").await;
    let path = wire::thumbnail(&owner.entered.pin, id);
    let put = |seat: &Seat| seat.request(Method::PUT, &path).body(JPEG);
    refused(put(&guest).send().await.unwrap(), 403, "owner_only").await;
    refused(app.request(Method::PUT, &path).body(JPEG).send().await.unwrap(), 401, "not_a_member").await;
    refused(put(&other).send().await.unwrap(), 401, "not_a_member").await;
    assert_eq!(owner.row(id).await["has_thumbnail"], Value::Null);
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);

    assert_eq!(put(&owner).send().await.unwrap().status(), 204);
    refused(app.get(&path).await, 401, "not_a_member").await;
    refused(other.get(&path).await, 401, "not_a_member").await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_hands_nothing_in() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.png", b"0123456789").await;
    let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let request = app.request(Method::PUT, &wire::thumbnail(&owner.entered.pin, id)).header("cookie", &cookie).header(name, value);
        refused(request.body(JPEG).send().await.unwrap(), 403, "cross_site").await;
    }
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_small_picture_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.png", b"0123456789").await;
    for other in [&b""[..], b"GIF89a", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"<!doctype html>", b"\x89PN"] {
        refused(hand_in(&owner, id, other).await, 415, "unsupported_media_type").await;
    }
    let of = |length: usize| [JPEG, &vec![0; length - JPEG.len()]].concat();
    for too_large in [32 * 1024 + 1, 64 * 1024 + 1] {
        refused(hand_in(&owner, id, &of(too_large)).await, 413, "request_too_large").await;
    }
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    assert_eq!(hand_in(&owner, id, &of(32 * 1024)).await.status(), 204);
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_has_no_picture() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let (removed, plain) = (owner.upload("a.png", b"0123456789").await, owner.upload("b.png", b"0123456789").await);
    let part = owner.upload_part(b"1234").await;
    assert_eq!(hand_in(&owner, removed, JPEG).await.status(), 204);
    owner.remove(removed).await;
    for id in [removed, part, FileId::new(7)] {
        refused(hand_in(&owner, id, JPEG).await, 404, "no_such_file").await;
        refused(look(&owner, id).await, 404, "no_such_file").await;
    }
    refused(hand_in(&other, plain, JPEG).await, 404, "no_such_file").await;
    refused(look(&other, plain).await, 404, "no_such_file").await;
    refused(look(&owner, plain).await, 404, "not_found").await;
    assert_eq!(files_on_disk(app.folder()).len(), 2, "the other file and the part");
    app.finish().await;
}

#[tokio::test]
async fn a_picture_goes_with_its_file_and_with_its_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (first, second) = (owner.upload("a.png", b"0123456789").await, owner.add_file("b.png", 10).await);
    for id in [first, second] {
        assert_eq!(hand_in(&owner, id, JPEG).await.status(), 204);
    }
    assert_eq!(files_on_disk(app.folder()).len(), 4);
    assert_eq!(owner.remove(first).await, 204);
    let mut names = files_on_disk(app.folder());
    names.sort();
    assert_eq!(names, [second.to_string(), format!("{second}.thumbnail")]);
    assert_eq!(owner.close().await, 204);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn pictures_that_come_while_their_files_are_removed_leave_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for _ in 0..20 {
        let id = owner.upload("a.png", b"0123456789").await;
        let (handed_in, removed) = tokio::join!(hand_in(&owner, id, JPEG), owner.remove(id));
        assert!(matches!(handed_in.status().as_u16(), 204 | 404), "{}", handed_in.status());
        assert_eq!(removed, 204);
    }
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_picture_does_not_count_in_its_room() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "10B"]).await;
    let owner = app.create_room().await;
    let id = owner.upload("a.png", b"0123456789").await;
    assert_eq!(hand_in(&owner, id, JPEG).await.status(), 204);
    assert_eq!(owner.remove(id).await, 204);
    let response = owner.creation().header("upload-length", 10).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(hand_in(&owner, id_in_location(&response), PNG).await.status(), 204);
    app.finish().await;
}

#[tokio::test]
async fn a_picture_survives_a_kill_and_what_belongs_to_nothing_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let (kept, lost, untold) =
        (owner.upload("a.png", b"kept").await, owner.upload("b.png", b"lost").await, owner.upload("c.png", b"untold").await);
    for id in [kept, lost] {
        assert_eq!(hand_in(&owner, id, JPEG).await.status(), 204);
    }
    let since = owner.view().await.snapshot.revision;
    process.kill();
    let files = folder.path().join("files");
    // A power cut leaves an empty thumbnail when its bytes were not on the disk yet. A kill leaves a thumbnail whose
    // event was not recorded yet, one that is half written, and one whose file is gone.
    std::fs::write(files.join(format!("{lost}.thumbnail")), "").unwrap();
    std::fs::write(files.join(format!("{untold}.thumbnail")), JPEG).unwrap();
    std::fs::write(files.join(format!("{kept}.new-thumbnail")), "half").unwrap();
    std::fs::write(files.join(format!("{}.thumbnail", "0".repeat(32))), JPEG).unwrap();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    let mut names = files_on_disk(folder.path());
    names.sort();
    let mut expected = vec![kept.to_string(), format!("{kept}.thumbnail"), lost.to_string(), untold.to_string()];
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(look(&owner, kept).await.bytes().await.unwrap(), JPEG);
    for id in [lost, untold] {
        refused(look(&owner, id).await, 404, "not_found").await;
    }
    let mut socket = owner.live(Some(since)).await;
    while socket.event().await != (RoomEvent::ThumbnailLost { id: lost }) {}
    assert_eq!(hand_in(&owner, lost, PNG).await.status(), 204);
    assert_eq!(owner.row(lost).await["has_thumbnail"], true);
    assert_eq!(owner.close().await, 204);
    assert_eq!(files_on_disk(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn thumbnails_count_among_the_bytes_of_all_files() {
    let flags = ["--max-storage", "72KiB"];
    let app = TestApp::with_flags(&flags).await;
    let owner = app.create_room().await;
    let picture = [JPEG, &[0; 32 << 10]].concat()[..32 << 10].to_vec();
    let mut files = Vec::new();
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        files.push(owner.upload(name, b"0123456789").await);
    }
    assert_eq!(hand_in(&owner, files[0], &picture).await.status(), 204);
    assert_eq!(hand_in(&owner, files[1], &picture).await.status(), 204);
    refused(hand_in(&owner, files[2], &picture).await, 507, "no_space").await;

    // They count after a restart, too, and no more once their file is removed.
    let app = TestApp::on(app.stop().await, &flags, TIMEOUTS).await;
    let owner = owner.at(&app);
    refused(hand_in(&owner, files[2], &picture).await, 507, "no_space").await;
    assert_eq!(owner.remove(files[0]).await, 204);
    assert_eq!(hand_in(&owner, files[2], &picture).await.status(), 204);
    // A small one in the place of a large one makes room again.
    assert_eq!(hand_in(&owner, files[2], JPEG).await.status(), 204);
    assert_eq!(hand_in(&owner, files[1], &picture).await.status(), 204);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}
