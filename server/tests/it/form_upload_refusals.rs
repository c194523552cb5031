//! Forms with files that are refused or break off, and what is left of their files.

use std::time::Duration;

use app::{
    room::{FileEntry, FileId, FileState, PassingEvent, RoomEvent},
    wire,
};
use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;
use sha2::{Digest as _, Sha256};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    door::refused,
    file_form::{DELIMITER, MULTIPART, complete, cookie, file_head, form, room_page, send, submit, told},
    live_socket::LiveSocket,
    raw::answer,
    seat::{Seat, header, noise},
    test_app::{TIMEOUTS, TestApp, files_on_disk},
};

#[tokio::test]
async fn only_the_owner_adds_files() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let guest = app.join(&owner, "Ada").await;
    let with_others_token = format!("snapdrop-{}={}", owner.pin(), other.entered.token);
    for (cookie, problem) in [
        (cookie(&guest), "owner_only"),
        (String::new(), "not_a_member"),
        (cookie(&other), "not_a_member"),
        (with_others_token, "not_a_member"),
    ] {
        // More than the socket buffers hold. A browser reads the refusal only after it has sent the whole form.
        let response = send(&owner, &[("cookie", &cookie), ("content-type", MULTIPART)], form([("a.bin", &noise(8 << 20)[..])])).await;
        assert_eq!((response.status().as_u16(), header(&response, "location")), (303, told(&owner, problem).as_str()), "{cookie}");
    }
    assert_eq!(owner.room().await.files, []);
    assert_eq!(other.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_room_that_is_not_there_takes_nothing() {
    let app = TestApp::start().await;
    let unused = app.unused_pin();
    let request = app.request(Method::POST, &format!("/r/{unused}/upload")).header("content-type", MULTIPART);
    let response = request.body(form([("a.txt", &b"a"[..])])).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "location")), (303, format!("/r/{unused}?problem=no_such_room").as_str()));
    refused(app.request(Method::POST, "/r/abc/upload").send().await.unwrap(), 404, "no_such_room").await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_adds_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let cookie = cookie(&owner);
    for other in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        let headers = [("cookie", cookie.as_str()), ("content-type", MULTIPART), other];
        refused(send(&owner, &headers, form([("a.txt", &b"a"[..])])).await, 403, "cross_site").await;
    }
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_file_larger_than_the_server_takes_is_not_kept_and_the_one_before_it_is() {
    let app = TestApp::with_flags(&["--max-file-size", "1MiB"]).await;
    let owner = app.create_room().await;
    let (fits, large) = (noise(1 << 20), noise(9 << 20));
    let body = form([("fits.bin", fits.as_slice()), ("large.bin", large.as_slice()), ("never read", &b"x"[..])]);
    assert_eq!(submit(&owner, body).await, told(&owner, "file_too_large"));
    assert_eq!(complete(&owner).await, ["fits.bin"]);
    let id = owner.room().await.files[0].id;
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    assert_eq!(Sha256::digest(owner.download(id).await), Sha256::digest(&fits));
    app.finish().await;
}

#[tokio::test]
async fn a_form_does_not_overfill_a_room() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "15B"]).await;
    let owner = app.create_room().await;
    let large = form([("first", &b"0123456789"[..]), ("second", &b"012345"[..])]);
    assert_eq!(submit(&owner, large).await, told(&owner, "room_full"));
    assert_eq!(complete(&owner).await, ["first"]);
    assert_eq!(submit(&owner, form([("fits", &b"01234"[..])])).await, room_page(&owner));
    assert_eq!(complete(&owner).await, ["first", "fits"]);
    assert_eq!(submit(&owner, form([("too much", &b"x"[..])])).await, told(&owner, "room_full"));
    assert_eq!(files_on_disk(app.folder()).len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_form_does_not_overfill_the_server() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "12B", "--max-storage", "15B"]).await;
    let (first, second) = (app.create_room().await, app.create_room().await);
    let large = first.upload("large", b"0123456789").await;
    assert_eq!(submit(&second, form([("a.txt", &b"012345"[..])])).await, told(&second, "no_space"));
    assert_eq!(second.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), [large.to_string()]);
    assert_eq!(submit(&second, form([("fits", &b"01234"[..])])).await, room_page(&second));
    assert_eq!(complete(&second).await, ["fits"]);
    app.finish().await;
}

#[tokio::test]
async fn a_disk_that_must_keep_more_free_than_it_has_takes_no_form() {
    let app = TestApp::with_flags(&["--min-free-space", "1000TiB"]).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    assert_eq!(submit(&owner, form([("a.txt", &b"a"[..])])).await, told(&owner, "no_space"));
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    // No event told of the file: the next event is that of the change below.
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    assert!(matches!(socket.event().await, RoomEvent::SettingsChanged { .. }));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let headless = file_head("a.txt").trim_end().to_owned();
    let control = form([("bell\u{7}.txt", &b"a"[..])]);
    let beginning = "x".repeat(1 << 20).into_bytes();
    let endless_head = format!("{DELIMITER}\r\nContent-Disposition: {}", "x".repeat(1 << 20)).into_bytes();
    let files_of_another_boundary = String::from_utf8(form([("a.txt", &b"a"[..])])).unwrap().replace("Form", "form").into_bytes();
    for body in [Vec::new(), b"no form".to_vec(), headless.into_bytes(), control, beginning, endless_head, files_of_another_boundary] {
        let shown = body.iter().take(80).map(|byte| char::from(*byte)).collect::<String>();
        assert_eq!(submit(&owner, body).await, told(&owner, "malformed_request"), "{shown}");
    }
    let cookie = cookie(&owner);
    for media_type in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed; boundary=x"] {
        let headers = [("cookie", cookie.as_str()), ("content-type", media_type)];
        let response = send(&owner, &headers, form([("a.txt", &b"a"[..])])).await;
        assert_eq!(header(&response, "location"), told(&owner, "unsupported_media_type"), "{media_type}");
    }
    assert_eq!(owner.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_file_without_its_end_is_not_taken_for_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let body = file_head("whole.txt") + "whole\r\n" + &file_head("cut.txt") + "cut";
    assert_eq!(submit(&owner, body).await, told(&owner, "malformed_request"));
    let files = owner.room().await.files;
    let [whole, cut] = files.as_slice() else { panic!("not two files: {files:?}") };
    assert_eq!(owner.download(whole.id).await, b"whole");
    assert_eq!((whole.state, cut.state, cut.size_bytes), (FileState::Complete, FileState::Stopped, None));
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_cannot_be_used_is_refused_and_never_passed_over() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for name in [" ".as_bytes(), "n".repeat(1025).as_bytes(), b"\xff", b"no end\\"] {
        let body = String::from_utf8(form([("NAME", &b"x"[..])])).unwrap();
        let (before, after) = body.split_once("NAME").unwrap();
        let body = [before.as_bytes(), name, after.as_bytes()].concat();
        assert_eq!(submit(&owner, body).await, told(&owner, "invalid_file_name"), "{}", name.escape_ascii());
    }
    assert_eq!(owner.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

/// Begins a form with one whole file and one unfinished file, and waits until the room was told of all bytes that were
/// sent. Returns the connection and the id of the unfinished file.
async fn begin(owner: &Seat, socket: &mut LiveSocket) -> (TcpStream, FileId) {
    let mut stream = TcpStream::connect(owner.door.address()).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-type: {MULTIPART}\r\ncontent-length: 1000\r\n\r\n",
        wire::upload_form(&owner.entered.pin),
        owner.door.address(),
        cookie(owner),
    );
    let parts = file_head("whole.txt") + "whole\r\n" + &file_head("cut.txt") + "0123";
    stream.write_all((head + &parts).as_bytes()).await.unwrap();
    let id = loop {
        match socket.event().await {
            RoomEvent::FileAdded { file } if file.name.as_str() == "cut.txt" => break file.id,
            _ => {}
        }
    };
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;
    (stream, id)
}

/// Waits until the unfinished file of such a form is reported as stopped, and returns the rows of both files.
async fn stopped(owner: &Seat, socket: &mut LiveSocket, id: FileId) -> [FileEntry; 2] {
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Stopped }).await;
    owner.room().await.files.try_into().expect("there are two files")
}

#[tokio::test]
async fn a_form_that_breaks_off_leaves_what_was_whole_and_a_stopped_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let (stream, id) = begin(&owner, &mut socket).await;
    drop(stream);
    let [whole, cut] = stopped(&owner, &mut socket, id).await;
    assert_eq!((whole.state, whole.size_bytes), (FileState::Complete, Some(5)));
    assert_eq!(owner.download(whole.id).await, b"whole");
    assert_eq!((cut.state, cut.size_bytes, cut.offset_bytes), (FileState::Stopped, None, 4));

    // The stopped file is an upload like any other: it can be continued and removed.
    assert_eq!(owner.offset(id).await, 4);
    let rest = owner.chunk(id, 4).header("upload-length", 9).body("45678").send().await.unwrap();
    assert_eq!(rest.status(), 204);
    assert_eq!(owner.download(id).await, b"012345678");
    assert_eq!(owner.remove(id).await, 204);
    assert_eq!(files_on_disk(app.folder()), [whole.id.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_falls_silent_is_cut_like_every_upload() {
    let app = TestApp::with_timeouts(Timeouts { idle_upload: Duration::from_millis(300), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let (mut stream, id) = begin(&owner, &mut socket).await;
    let [whole, cut] = stopped(&owner, &mut socket, id).await;
    assert_eq!((whole.state, cut.state, cut.offset_bytes), (FileState::Complete, FileState::Stopped, 4));
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(&told(&owner, "malformed_request")), "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_removed_while_its_form_is_sent_is_gone() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let (mut stream, id) = begin(&owner, &mut socket).await;
    assert_eq!(owner.remove(id).await, 204);
    let answer = answer(&mut stream).await;
    assert!(answer.contains(&told(&owner, "no_such_file")), "{answer}");
    assert_eq!(complete(&owner).await, ["whole.txt"]);
    app.finish().await;
}
