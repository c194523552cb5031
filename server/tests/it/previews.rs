//! Looking at files in the page: a preview has the same bytes as a download but does not count as one, and PDF files
//! are shown in the browser's own viewer.

use app::{
    room::{FileId, RoomEvent},
    wire::{self, ServerMessage},
};
use reqwest::{Method, Response};

use crate::{
    door::refused,
    seat::{Seat, header, id_in_location, next_bytes},
    test_app::TestApp,
};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj";

fn preview(seat: &Seat, id: FileId) -> String {
    wire::preview(&seat.entered.pin, id)
}

async fn view(seat: &Seat, id: FileId) -> Response {
    seat.get(&wire::view(&seat.entered.pin, id)).await
}

async fn part(seat: &Seat, path: &str, range: &str) -> Response {
    seat.request(Method::GET, path).header("range", range).send().await.unwrap()
}

#[tokio::test]
async fn whoever_looked_at_a_file_does_not_have_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let (seen, got) = (owner.upload("seen.pdf", PDF).await, owner.upload("got.txt", b"0123456789").await);
    let mut socket = owner.listen().await;
    for path in [preview(&guest, seen), wire::view(&guest.entered.pin, seen)] {
        let response = guest.get(&path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.bytes().await.unwrap(), PDF);
        assert_eq!(part(&guest, &path, "bytes=0-").await.bytes().await.unwrap(), PDF);
        assert!(part(&guest, &path, "bytes=0-3,5-").await.bytes().await.unwrap().len() > PDF.len());
    }
    guest.download(got).await;
    // Events come in order: one about the file that was only looked at would have come before.
    loop {
        match socket.next().await {
            ServerMessage::Event { event: RoomEvent::FileReceived { id, .. }, .. } => break assert_eq!(id, got),
            ServerMessage::Passing { event: app::room::PassingEvent::Download { download, .. } } => assert_eq!(download.file, got),
            _ => {}
        }
    }
    assert!(owner.entry(seen).await.received_by.is_empty());

    guest.download(seen).await;
    while !matches!(socket.event().await, RoomEvent::FileReceived { id, .. } if id == seen) {}
    app.finish().await;
}

#[tokio::test]
async fn nobody_waits_for_somebody_who_only_looks() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("film.mov", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let mut looking = guest.get(&preview(&guest, id)).await;
    next_bytes(&mut looking).await.unwrap();
    assert!(owner.room().await.downloads.is_empty());
    let mut getting = guest.get(&guest.file(id)).await;
    next_bytes(&mut getting).await.unwrap();
    assert_eq!(owner.room().await.downloads.len(), 1);
    drop((looking, getting));
    app.finish().await;
}

#[tokio::test]
async fn what_is_looked_at_in_the_page_runs_nowhere_when_it_is_opened_by_itself() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").await;
    let response = owner.get(&preview(&owner, id)).await;
    assert_eq!(header(&response, "content-type"), "image/svg+xml");
    assert_eq!(header(&response, "content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert!(header(&response, "content-disposition").starts_with("attachment; "));
    app.finish().await;
}

#[tokio::test]
async fn a_player_can_go_anywhere_in_a_film() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("film.mov", b"0123456789").await;
    let response = part(&guest, &preview(&guest, id), "bytes=7-").await;
    assert_eq!(response.status(), 206);
    assert_eq!(header(&response, "content-range"), "bytes 7-9/10");
    assert_eq!(header(&response, "content-type"), "video/quicktime");
    assert_eq!(response.text().await.unwrap(), "789");
    app.finish().await;
}

#[tokio::test]
async fn a_media_type_that_says_nothing_is_that_of_the_name() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    // "film.mp4" and "application/octet-stream"
    let metadata = "filename ZmlsbS5tcDQ=,filetype YXBwbGljYXRpb24vb2N0ZXQtc3RyZWFt";
    let response = owner.creation().header("upload-length", 0).header("upload-metadata", metadata).send().await.unwrap();
    let id = id_in_location(&response);
    assert_eq!(header(&owner.get(&owner.file(id)).await, "content-type"), "video/mp4");
    app.finish().await;
}

#[tokio::test]
async fn a_pdf_is_shown_in_a_frame_of_this_server_only() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    // Neither the file's name nor its media type matters.
    let id = owner.upload("☕ paper.html", PDF).await;
    let response = view(&guest, id).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/pdf");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "content-disposition"), "inline; filename=\"_ paper.html\"; filename*=UTF-8''%E2%98%95%20paper.html");
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("sandbox"), "{policy}");
    assert_eq!(header(&response, "accept-ranges"), "bytes");
    assert_eq!(response.bytes().await.unwrap(), PDF);

    let response = part(&guest, &wire::view(&guest.entered.pin, id), "bytes=0-4").await;
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (206, "application/pdf"));
    assert_eq!(response.text().await.unwrap(), "%PDF-");
    let response = guest.request(Method::HEAD, &wire::view(&guest.entered.pin, id)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (200, PDF.len().to_string().as_str()));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_pdf_is_never_shown_as_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for bytes in [&b"<script>alert(1)</script>"[..], b" %PDF-1.4", b"%PDF", b"%pdf-1.4"] {
        let id = owner.upload("paper.pdf", bytes).await;
        refused(view(&owner, id).await, 415, "unsupported_media_type").await;
    }
    let empty = owner.add_file("paper.pdf", 0).await;
    refused(view(&owner, empty).await, 415, "unsupported_media_type").await;
    let arriving = owner.add_file("paper.pdf", 100).await;
    assert_eq!(owner.append(arriving, 0, PDF).await.status(), 204);
    refused(view(&owner, arriving).await, 415, "unsupported_media_type").await;
    app.finish().await;
}

#[tokio::test]
async fn only_members_look_at_what_is_in_the_room() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let (id, removed) = (owner.upload("paper.pdf", PDF).await, owner.upload("gone.pdf", PDF).await);
    owner.remove(removed).await;
    for path in [preview(&owner, id), wire::view(&owner.entered.pin, id)] {
        refused(app.get(&path).await, 401, "not_a_member").await;
        refused(other.get(&path).await, 401, "not_a_member").await;
    }
    for (seat, id) in [(&owner, removed), (&other, id)] {
        refused(view(seat, id).await, 404, "no_such_file").await;
        refused(seat.get(&preview(seat, id)).await, 404, "no_such_file").await;
    }
    let response = owner.request(Method::PUT, &wire::view(&owner.entered.pin, id)).body(PDF).send().await.unwrap();
    refused(response, 405, "method_not_allowed").await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_plays_what_this_server_sends_and_what_the_reader_has() {
    let app = TestApp::start().await;
    let response = app.get("/").await;
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains("media-src 'self' blob:;"), "{policy}");
    assert!(policy.contains("object-src 'none'"), "{policy}");
    app.finish().await;
}
