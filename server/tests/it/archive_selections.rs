//! Archives of a part of the room: `GET …/archive.zip?folder=…` of a folder, and `POST …/archive.zip` of the files that a
//! plain form names.

use std::io::{Cursor, Read as _};

use app::{
    room::{FileId, RoomEvent},
    wire,
};
use reqwest::{Method, Response};
use zip::ZipArchive;

use crate::{
    door::refused,
    seat::{Seat, header},
    test_app::TestApp,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// The names and contents of the files in an archive.
async fn entries(response: Response) -> Vec<(String, String)> {
    assert_eq!(response.status(), 200);
    let announced: usize = header(&response, "content-length").parse().unwrap();
    let bytes = response.bytes().await.unwrap();
    assert_eq!(bytes.len(), announced);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let entry = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), content)
    };
    (0..count).map(entry).collect()
}

async fn names(response: Response) -> Vec<String> {
    entries(response).await.into_iter().map(|(name, _)| name).collect()
}

/// A room with a file of each of these names, whose content is its name.
async fn room_with(app: &TestApp, names: &[&str]) -> (Seat, Vec<FileId>) {
    let owner = app.create_room().await;
    let mut ids = Vec::new();
    for name in names {
        ids.push(owner.upload(name, name.as_bytes()).await);
    }
    (owner, ids)
}

async fn folder(seat: &Seat, folder: &str) -> Response {
    seat.get(&wire::folder_archive(&seat.entered.pin, folder)).await
}

async fn choose(seat: &Seat, form: impl Into<reqwest::Body>) -> Response {
    let request = seat.request(Method::POST, &wire::archive(&seat.entered.pin));
    request.header("content-type", FORM).body(form).send().await.unwrap()
}

fn form(ids: &[FileId]) -> String {
    ids.iter().map(|id| format!("files={id}")).collect::<Vec<_>>().join("&")
}

const TREE: [&str; 7] =
    ["top.txt", "Holiday/2019/a.txt", "Holiday/2019/sea/b.txt", "Holiday/2020/c.txt", "Holiday/d.txt", "2019/e.txt", "Holiday2/f.txt"];

#[tokio::test]
async fn an_archive_of_a_folder_holds_what_is_in_it_and_below() {
    let app = TestApp::start().await;
    let (owner, _) = room_with(&app, &TREE).await;
    let guest = app.join(&owner, "Ada").await;
    let response = folder(&guest, "Holiday/2019").await;
    assert_eq!(header(&response, "content-disposition"), "attachment; filename=\"2019.zip\"; filename*=UTF-8''2019.zip");
    let expected = [("2019/a.txt", "Holiday/2019/a.txt"), ("2019/sea/b.txt", "Holiday/2019/sea/b.txt")];
    assert_eq!(entries(response).await, expected.map(|(name, content)| (name.to_owned(), content.to_owned())));
    let expected = ["Holiday/2019/a.txt", "Holiday/2019/sea/b.txt", "Holiday/2020/c.txt", "Holiday/d.txt"];
    assert_eq!(names(folder(&guest, "Holiday").await).await, expected);
    assert_eq!(names(folder(&guest, "2019").await).await, ["2019/e.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn the_path_of_a_folder_is_read_like_the_names_of_files() {
    let app = TestApp::start().await;
    let (owner, _) = room_with(&app, &["..//Holiday/./2019/a.txt", "100% + 1 & 2 = #/b.txt", "..", "C:\\temp\\x.txt"]).await;
    for path in ["Holiday/2019", "/Holiday/2019/", "Holiday//2019", "Holiday/./2019", "../Holiday/2019", "Holiday/../2019", "Holiday\\2019"]
    {
        assert_eq!(names(folder(&owner, path).await).await, ["2019/a.txt"], "{path}");
    }
    assert_eq!(names(folder(&owner, "100% + 1 & 2 = #").await).await, ["100% + 1 & 2 = #/b.txt"]);
    assert_eq!(names(folder(&owner, "C:/temp").await).await, ["temp/x.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &[&TREE[..], &["file"]].concat()).await;
    let running = owner.add_file("Arriving/a.txt", 10).await;
    let paths =
        ["", "/", "//", "..", "../..", ".", " ", "holiday", "Holiday/201", "Holiday/2019/a.txt", "top.txt", "file", "Arriving", "\0", "*"];
    for path in paths {
        refused(folder(&owner, path).await, 404, "no_such_file").await;
    }
    let archive = wire::archive(&owner.entered.pin);
    for query in ["folder", "folder=%", "folder=%ZZ", "folder=%FF%FE", "folder=%2e%2e%2f", "folder=Holiday%00", "folder=Holiday%2"] {
        refused(owner.get(&format!("{archive}?{query}")).await, 404, "no_such_file").await;
    }
    refused(owner.get(&format!("{archive}?folder=Holiday&folder=2019")).await, 400, "malformed_request").await;
    refused(owner.get(&format!("{archive}?folder={}", "d/".repeat(10_000))).await, 404, "no_such_file").await;
    assert_eq!(names(owner.get(&format!("{archive}?other=1")).await).await.len(), ids.len());
    assert_eq!(owner.remove(running).await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_folder_is_found_however_its_letters_are_put_together_and_never_mixed_up_with_its_like() {
    let app = TestApp::start().await;
    let (composed, decomposed) = ("Caf\u{e9}", "Cafe\u{301}");
    let (owner, _) = room_with(&app, &[&format!("{composed}/a.txt"), "한글/b.txt"]).await;
    assert_eq!(names(folder(&owner, decomposed).await).await, [format!("{composed}/a.txt")]);
    assert_eq!(names(folder(&owner, "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}").await).await, ["한글/b.txt"]);
    owner.upload(&format!("{decomposed}/c.txt"), b"c").await;
    assert_eq!(names(folder(&owner, composed).await).await, [format!("{composed}/a.txt")]);
    assert_eq!(names(folder(&owner, decomposed).await).await, [format!("{decomposed}/c.txt")]);
    app.finish().await;
}

#[tokio::test]
async fn the_archive_of_a_folder_can_be_resumed_as_long_as_the_folder_is_the_same() {
    let app = TestApp::start().await;
    let (owner, _) = room_with(&app, &TREE).await;
    let path = wire::folder_archive(&owner.entered.pin, "Holiday");
    let whole = owner.get(&path).await;
    let etag = header(&whole, "etag").to_owned();
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    let whole = whole.bytes().await.unwrap();
    let head = owner.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!((header(&head, "content-length"), header(&head, "etag")), (whole.len().to_string().as_str(), etag.as_str()));
    let rest = async || owner.request(Method::GET, &path).header("range", "bytes=10-").header("if-range", &etag).send().await.unwrap();
    // A file elsewhere in the room changes nothing in the folder.
    owner.upload("elsewhere.txt", b"x").await;
    let response = rest().await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.bytes().await.unwrap(), whole.slice(10..));
    let unchanged = owner.request(Method::GET, &path).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(unchanged.status(), 304);
    owner.upload("Holiday/new.txt", b"x").await;
    assert_eq!(rest().await.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_of_chosen_files_holds_exactly_these_by_their_names_in_the_room() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &TREE).await;
    let guest = app.join(&owner, "Ada").await;
    let response = choose(&guest, form(&[ids[4], ids[1], ids[4]])).await;
    let name = format!("attachment; filename=\"SnapDrop {0}.zip\"; filename*=UTF-8''SnapDrop%20{0}.zip", owner.pin());
    assert_eq!(header(&response, "content-disposition"), name);
    assert_eq!(header(&response, "content-type"), "application/zip");
    assert_eq!(names(response).await, ["Holiday/2019/a.txt", "Holiday/d.txt"]);
    let forms = [
        format!("files={},{}", ids[0], ids[5]),
        format!("files={}%2C{}", ids[0], ids[5]),
        format!("files={},&files=+{}+&files=", ids[0], ids[5]),
        format!("language=en&files={}&%66iles={}&other=1", ids[0], ids[5]),
    ];
    for form in forms {
        assert_eq!(names(choose(&guest, form.clone()).await).await, ["top.txt", "2019/e.txt"], "{form}");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_chosen_is_sent_whole_because_no_other_request_asks_for_the_same() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &TREE).await;
    let request = owner.request(Method::POST, &wire::archive(&owner.entered.pin)).header("content-type", FORM);
    let response = request.header("range", "bytes=0-9").header("if-none-match", "*").body(form(&ids[..2])).send().await.unwrap();
    assert_eq!((header(&response, "accept-ranges"), header(&response, "etag")), ("none", ""));
    assert_eq!(names(response).await, ["top.txt", "Holiday/2019/a.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn chosen_files_that_are_gone_or_of_another_room_are_left_out() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &["a.txt", "b.txt"]).await;
    let (other, secret) = room_with(&app, &["secret.txt"]).await;
    let running = owner.add_file("running.txt", 10).await;
    let part = owner.upload_part(b"part").await;
    assert_eq!(owner.remove(ids[1]).await, 204);
    let (gone, unknown) = (ids[1], FileId::new(7));
    assert_eq!(names(choose(&owner, form(&[gone, unknown, secret[0], running, part, ids[0]])).await).await, ["a.txt"]);
    for nothing in
        [form(&[gone, unknown, secret[0], running, part]), String::new(), "files=".to_owned(), "file=1".to_owned(), ",&=&".to_owned()]
    {
        refused(choose(&owner, nothing).await, 404, "no_such_file").await;
    }
    assert_eq!(names(choose(&other, form(&secret)).await).await, ["secret.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &["a.txt"]).await;
    let upper = ids[0].to_string().to_uppercase();
    for broken in [
        "files=1",
        "files=../../etc/passwd",
        "files=%",
        "files=%FF",
        "files=0,1",
        &format!("files={}x", ids[0]),
        &format!("files={upper}g"),
    ] {
        refused(choose(&owner, broken.to_owned()).await, 400, "malformed_request").await;
    }
    let archive = wire::archive(&owner.entered.pin);
    for media_type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
        let request = owner.request(Method::POST, &archive).header("content-type", media_type).body(form(&ids));
        refused(request.send().await.unwrap(), 415, "unsupported_media_type").await;
    }
    refused(owner.request(Method::PUT, &archive).send().await.unwrap(), 405, "method_not_allowed").await;
    app.finish().await;
}

#[tokio::test]
async fn a_form_may_name_all_files_of_a_full_room_and_not_endlessly_many() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &["a.txt"]).await;
    let many: Vec<FileId> = (0..5000).map(FileId::new).chain(ids.clone()).collect();
    assert_eq!(names(choose(&owner, form(&many)).await).await, ["a.txt"]);
    let endless: Vec<FileId> = (0..100_000).map(FileId::new).collect();
    for form in [form(&endless), format!("files={}", ",".repeat(1 << 20)), "x".repeat(1 << 20)] {
        refused(choose(&owner, form).await, 413, "request_too_large").await;
    }
    // None of the refused ones still counts as a running archive.
    assert_eq!(names(choose(&owner, form(&ids)).await).await, ["a.txt"]);
    app.finish().await;
}

#[tokio::test]
async fn only_members_get_an_archive_and_no_page_of_another_site() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &["Holiday/a.txt"]).await;
    let stranger = app.create_room().await;
    let (archive, of_folder) = (wire::archive(&owner.entered.pin), wire::folder_archive(&owner.entered.pin, "Holiday"));
    for request in [app.request(Method::POST, &archive), stranger.request(Method::POST, &archive)] {
        let request = request.header("content-type", FORM).body(form(&ids));
        refused(request.send().await.unwrap(), 401, "not_a_member").await;
    }
    for request in [app.request(Method::GET, &of_folder), stranger.request(Method::GET, &of_folder)] {
        refused(request.send().await.unwrap(), 401, "not_a_member").await;
    }
    let sent_by = |headers: &[(&str, &str)]| {
        let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
        let request = app.request(Method::POST, &archive).header("cookie", cookie).header("content-type", FORM).body(form(&ids));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
    };
    for headers in [&[("origin", "http://evil.example")][..], &[("origin", "null")], &[("sec-fetch-site", "cross-site")]] {
        refused(sent_by(headers).await.unwrap(), 403, "cross_site").await;
    }
    let origin = format!("http://{}", app.address());
    for headers in [&[("origin", origin.as_str())][..], &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")]] {
        assert_eq!(names(sent_by(headers).await.unwrap()).await, ["Holiday/a.txt"]);
    }
    app.finish().await;
}

#[tokio::test]
async fn archives_of_a_part_are_receipts_for_the_files_in_them_and_for_no_others() {
    let app = TestApp::start().await;
    let (owner, ids) = room_with(&app, &["Holiday/a.txt", "b.txt", "c.txt"]).await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    folder(&guest, "Holiday").await.bytes().await.unwrap();
    choose(&guest, form(&ids[1..2])).await.bytes().await.unwrap();
    let mut received = Vec::new();
    while received.len() < 2 {
        if let RoomEvent::FileReceived { id, member } = socket.event().await {
            assert_eq!(member, guest.entered.member);
            received.push(id);
        }
    }
    received.sort_by_key(|id| *id == ids[1]);
    assert_eq!(received, ids[..2]);
    assert!(owner.entry(ids[2]).await.received_by.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn archives_of_a_part_count_among_those_that_a_member_loads_at_once() {
    let app = TestApp::with_flags(&["--max-archives-per-member", "1"]).await;
    let owner = app.create_room().await;
    let id = owner.upload("Holiday/large.bin", &vec![1; 32 << 20]).await;
    let unread = choose(&owner, form(&[id])).await;
    assert_eq!(unread.status(), 200);
    refused(folder(&owner, "Holiday").await, 429, "too_many_at_once").await;
    refused(choose(&owner, form(&[id])).await, 429, "too_many_at_once").await;
    drop(unread);
    app.finish().await;
}
