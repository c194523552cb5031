//! `/r/{pin}/upload`: successful uploads with the plain form, which owners use where no script runs.

use app::{
    room::{FileState, RoomEvent},
    wire,
};
use reqwest::{Body, Method};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    file_form::{DELIMITER, END, complete, cookie, file_head, form, room_page, submit, told},
    seat::{Seat, noise},
    test_app::TestApp,
};

#[tokio::test]
async fn the_files_of_a_form_arrive_as_they_were() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    // Contains what looks like the delimiter at the end of a part but is not.
    let tricky = format!("\r\n{DELIMITER}").replace("Form7MA4YWxk", "Form7MA4YWx\r\n--").into_bytes();
    let files = [("film.mov", noise(5_000_003)), ("notes.txt", tricky), ("empty", Vec::new()), ("☕.md", b"123456789".to_vec())];
    assert_eq!(submit(&owner, form(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())))).await, room_page(&owner));

    assert_eq!(complete(&owner).await, ["film.mov", "notes.txt", "empty", "☕.md"]);
    let rows = owner.room().await.files;
    assert_eq!((rows[2].size_bytes, rows[2].crc32), (Some(0), Some(0)));
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!((rows[3].size_bytes, rows[3].crc32, rows[3].media_type.as_str()), (Some(9), Some(0xcbf4_3926), "text/plain"));
    for (row, (name, bytes)) in rows.iter().zip(&files) {
        assert_eq!(Sha256::digest(guest.download(row.id).await), Sha256::digest(bytes), "{name}");
    }
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_of_a_file_of_a_form_from_its_announcement_to_its_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    submit(&owner, form([("a.txt", &b"123456789"[..])])).await;
    let RoomEvent::FileAdded { file } = socket.event().await else { panic!("no file was added") };
    let id = file.id;
    assert_eq!((file.name.as_str(), file.size_bytes, file.state), ("a.txt", None, FileState::Arriving));
    assert_eq!(socket.event().await, RoomEvent::FileSized { id, size_bytes: 9 });
    assert_eq!(socket.event().await, RoomEvent::FileCompleted { id, crc32: 0xcbf4_3926 });
    assert!(matches!(socket.event().await, RoomEvent::FileDigested { id: digested, .. } if digested == id));
    app.finish().await;
}

#[tokio::test]
async fn a_name_is_what_it_was_before_the_browser_wrote_it_into_the_form() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (written, name) in [
        ("Präsentation, final (2).pdf", "Präsentation, final (2).pdf"),
        ("a %22quoted%22 one.txt", "a \"quoted\" one.txt"),
        ("two%0D%0Alines", "two\r\nlines"),
        ("a; name=b; filename=c", "a; name=b; filename=c"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("C:\\temp\\a.txt", "C:\\temp\\a.txt"),
    ] {
        assert_eq!(submit(&owner, form([(written, &b"x"[..])])).await, room_page(&owner));
        assert_eq!(complete(&owner).await.last().unwrap(), name);
    }
    app.finish().await;
}

#[tokio::test]
async fn fields_without_a_file_are_passed_over() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let note = format!("{DELIMITER}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n");
    let text = format!("{DELIMITER}\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nhello\r\n");
    let other = file_head("other.txt").replace("name=\"files\"", "name=\"other\"") + "hello\r\n";
    let nothing = file_head("") + "\r\n";
    let body = [nothing.clone(), note, file_head("a.txt") + "a\r\n", other, text, nothing, END.to_owned()].concat();
    assert_eq!(submit(&owner, body).await, room_page(&owner));
    assert_eq!(complete(&owner).await, ["a.txt"]);
    assert_eq!(submit(&owner, END).await, room_page(&owner));
    assert_eq!(complete(&owner).await, ["a.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn a_form_may_have_a_thousand_files() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let names: Vec<String> = (0..1000).map(|number| format!("{number}.txt")).collect();
    assert_eq!(submit(&owner, form(names.iter().map(|name| (name.as_str(), name.as_bytes())))).await, room_page(&owner));
    assert_eq!(complete(&owner).await, names);
    let last = &owner.room().await.files[999];
    assert_eq!(owner.download(last.id).await, b"999.txt");
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_unannounced_length_is_taken_however_it_is_cut() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let whole = form([("a.txt", &b"123456789"[..]), ("b.txt", &b"\r\n-"[..])]);
    for length in [1, 7, whole.len()] {
        let frames: Vec<_> = whole.chunks(length).map(|frame| Ok::<_, std::convert::Infallible>(frame.to_vec())).collect();
        assert_eq!(submit(&owner, Body::wrap_stream(futures::stream::iter(frames))).await, room_page(&owner), "{length}");
        let files = owner.room().await.files;
        let [.., a, b] = files.as_slice() else { panic!("no files: {files:?}") };
        assert_eq!(owner.download(a.id).await, b"123456789", "{length}");
        assert_eq!(owner.download(b.id).await, b"\r\n-", "{length}");
    }
    assert_eq!(complete(&owner).await.len(), 6);
    app.finish().await;
}

#[tokio::test]
async fn a_locked_room_takes_its_owners_files() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    assert_eq!(submit(&owner, form([("a.txt", &b"a"[..])])).await, room_page(&owner));
    assert_eq!(complete(&owner).await, ["a.txt"]);
    app.finish().await;
}

/// The text of a page as this member gets it.
async fn page(seat: &Seat, path: &str) -> String {
    let response = seat.door.request(Method::GET, path).header("cookie", cookie(seat)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn the_page_has_the_form_for_the_owner_alone_and_says_what_was_wrong() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let action = format!("action=\"{}\"", wire::upload_form(&owner.entered.pin));
    let text = page(&owner, &room_page(&owner)).await;
    for part in [action.as_str(), "enctype=\"multipart/form-data\"", "name=\"files\""] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!page(&guest, &room_page(&guest)).await.contains(&action));

    let says = |page: &str| page.split("role=\"alert\"").skip(1).any(|rest| rest.split("</p>").next().unwrap().contains("does not fit"));
    assert!(says(&page(&owner, &told(&owner, "room_full")).await));
    for nothing in [room_page(&owner), told(&owner, "nonsense"), told(&owner, "%FF")] {
        assert!(!says(&page(&owner, &nothing).await), "{nothing}");
    }
    app.finish().await;
}
