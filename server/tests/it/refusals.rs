//! Who may do what: requests of the API, sent without a token, with a wrong one, and by a guest.

use app::room::FileId;
use reqwest::{Method, Response};

use crate::{
    door::refused,
    seat::{Seat, header},
    test_app::TestApp,
};

/// Requests that need a seat: the method, the path after the room's address, and whether a guest may send it. Those for
/// snippets, thumbnails and previews are tested in the modules of these names.
fn requests(id: FileId) -> Vec<(Method, String, bool)> {
    vec![
        (Method::GET, String::new(), true),
        (Method::DELETE, String::new(), false),
        (Method::GET, "/live".to_owned(), true),
        (Method::OPTIONS, "/files".to_owned(), false),
        (Method::POST, "/files".to_owned(), false),
        (Method::GET, format!("/files/{id}"), true),
        (Method::PATCH, format!("/files/{id}"), false),
        (Method::DELETE, format!("/files/{id}"), false),
        (Method::GET, "/archive.zip".to_owned(), true),
    ]
}

/// Sends a request with the headers of a tus client, and with this token if there is one.
async fn send(room: &Seat, token: Option<&str>, method: Method, rest: &str) -> Response {
    let mut request = room
        .door
        .request(method, &format!("/api/rooms/{}{rest}", room.pin()))
        .header("tus-resumable", "1.0.0")
        .header("upload-length", 1)
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_stranger_gets_in_nowhere() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"secret").await;
    for (method, rest, _) in requests(id) {
        refused(send(&owner, None, method, &rest).await, 401, "not_a_member").await;
    }
    assert_eq!(send(&owner, None, Method::HEAD, &format!("/files/{id}")).await.status(), 401);
    assert_eq!(owner.download(id).await, b"secret");
    app.finish().await;
}

#[tokio::test]
async fn a_token_of_another_room_opens_nothing() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let id = owner.upload("a.txt", b"secret").await;
    for (method, rest, _) in requests(id) {
        refused(send(&owner, Some(&other.entered.token), method, &rest).await, 401, "not_a_member").await;
    }
    assert_eq!(send(&owner, Some(&other.entered.token), Method::HEAD, &format!("/files/{id}")).await.status(), 401);
    app.finish().await;
}

#[tokio::test]
async fn a_token_that_nobody_gave_out_opens_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for token in ["", "x", &"A".repeat(43), &"A".repeat(10_000)] {
        refused(send(&owner, Some(token), Method::GET, "").await, 401, "not_a_member").await;
    }
    let path = format!("/api/rooms/{}", owner.pin());
    for value in ["Basic b2xnYQ==", "Bearer", &owner.entered.token] {
        let response = app.request(Method::GET, &path).header("authorization", value).send().await.unwrap();
        refused(response, 401, "not_a_member").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn the_scheme_of_a_token_is_spelled_in_any_case() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}", owner.pin());
    for scheme in ["bearer", "BEARER"] {
        let value = format!("{scheme} {}", owner.entered.token);
        assert_eq!(app.request(Method::GET, &path).header("authorization", value).send().await.unwrap().status(), 200, "{scheme}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_token_of_a_closed_room_is_dead() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"gone").await;
    assert_eq!(owner.close().await, 204);
    for (method, rest, _) in requests(id) {
        refused(send(&owner, Some(&owner.entered.token), method, &rest).await, 410, "room_closed").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_guest_may_look_and_download_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"for all").await;
    for (method, rest, allowed) in requests(id) {
        let response = send(&owner, Some(&guest.entered.token), method, &rest).await;
        match (allowed, rest.as_str()) {
            // A guest may open the socket, but this plain request lacks the WebSocket upgrade.
            (true, "/live") => drop(refused(response, 400, "malformed_request").await),
            (true, _) => assert_eq!(response.status(), 200, "{rest}"),
            (false, _) => drop(refused(response, 403, "owner_only").await),
        }
    }
    assert_eq!(guest.ask_offset(id).await.status(), 403);
    assert_eq!(guest.download(id).await, b"for all");
    app.finish().await;
}

#[tokio::test]
async fn a_guest_cannot_upload() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let response = guest.creation().header("upload-length", 5).send().await.unwrap();
    refused(response, 403, "owner_only").await;
    let id = owner.add_file("a.txt", 5).await;
    refused(guest.append(id, 0, "12345").await, 403, "owner_only").await;
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_guest_who_sends_megabytes_is_still_told_why_they_are_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("a.bin", 8 << 20).await;
    refused(guest.append(id, 0, vec![0; 8 << 20]).await, 403, "owner_only").await;
    app.finish().await;
}

#[tokio::test]
async fn a_guest_cannot_remove_a_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"stays").await;
    assert_eq!(guest.remove(id).await, 403);
    assert_eq!(guest.download(id).await, b"stays");
    app.finish().await;
}

#[tokio::test]
async fn a_guest_cannot_close_the_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    assert_eq!(guest.close().await, 403);
    assert_eq!(owner.room().await.closed, None);
    app.finish().await;
}

#[tokio::test]
async fn a_file_of_another_room_is_not_found() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let id = owner.upload("a.txt", b"secret").await;
    refused(other.get(&other.file(id)).await, 404, "no_such_file").await;
    refused(other.append(id, 0, "x").await, 404, "no_such_file").await;
    assert_eq!(other.remove(id).await, 404);
    assert_eq!(owner.download(id).await, b"secret");
    app.finish().await;
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for id in ["x", "..%2F..%2Fsnapdrop.redb", "%00", &"A".repeat(32), &"0".repeat(33)] {
        let path = format!("{}/{id}", owner.files());
        let response = owner.request(Method::DELETE, &path).send().await.unwrap();
        refused(response, 404, "no_such_file").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn the_cookie_of_a_browser_is_as_good_as_a_token() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"hello").await;
    let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    let response = app.request(Method::GET, &owner.file(id)).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-length"), "5");
    let path = format!("/api/rooms/{}", owner.pin());
    assert_eq!(app.request(Method::DELETE, &path).header("cookie", cookie).send().await.unwrap().status(), 204);
    app.finish().await;
}
