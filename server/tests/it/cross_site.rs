//! Pages of other sites can neither change anything nor open a live socket with a visitor's cookie.

use reqwest::{Method, Response};
use tokio_tungstenite::tungstenite::Error;

use crate::{
    door::refused,
    live_socket::connect,
    seat::{Seat, header},
    test_app::TestApp,
};

async fn with(seat: &Seat, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let cookie = format!("snapdrop-{}={}", seat.pin(), seat.entered.token);
    let request = seat.door.request(method, path).header("cookie", cookie);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let room = format!("/api/rooms/{}", owner.pin());
    let requests = [
        (Method::POST, "/api/rooms".to_owned()),
        (Method::POST, format!("{room}/members")),
        (Method::POST, format!("{room}/files")),
        (Method::DELETE, room),
        (Method::POST, "/create".to_owned()),
        (Method::POST, "/join".to_owned()),
    ];
    for (method, path) in requests {
        for headers in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")],
        ] {
            refused(with(&owner, method.clone(), &path, headers).await, 403, "cross_site").await;
        }
    }
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_port_is_another_site() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}", owner.pin());
    refused(with(&owner, Method::DELETE, &path, &[("origin", "http://127.0.0.1:1")]).await, 403, "cross_site").await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_this_server_may_act() {
    let app = TestApp::start().await;
    let origin = format!("http://{}", app.address());
    for headers in [&[("origin", origin.as_str())][..], &[("sec-fetch-site", "same-origin")], &[("sec-fetch-site", "none")]] {
        let owner = app.create_room().await;
        let path = format!("/api/rooms/{}", owner.pin());
        assert_eq!(with(&owner, Method::DELETE, &path, headers).await.status(), 204, "{headers:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_frame_this_one_or_try_pins_in_a_frame() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let unused = app.unused_pin();
    for destination in ["iframe", "frame", "embed", "object"] {
        let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", destination)];
        for _ in 0..10 {
            refused(with(&owner, Method::GET, &format!("/join/{unused}"), &headers).await, 403, "cross_site").await;
        }
    }
    // None of the forty cost a guess.
    app.join(&owner, "Ada").await;
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(with(&owner, Method::GET, &format!("/r/{}", owner.pin()), &headers).await.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn a_link_from_another_site_may_be_followed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = with(&owner, Method::GET, &format!("/r/{}", owner.pin()), &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(response.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn a_script_that_is_no_page_may_act() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"a").await;
    assert_eq!(owner.remove(id).await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_listen() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for header in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        match connect(&owner, None, &[header]).await.map_err(|error| *error) {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403),
            other => panic!("not refused: {other:?}"),
        }
    }
    let origin = format!("http://{}", app.address());
    assert!(connect(&owner, None, &[("origin", &origin)]).await.is_ok());
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_what_is_here_as_a_part_of_itself() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"a").await;
    for path in [owner.file(id), format!("/join/{}", owner.pin()), format!("/join/{}/qr.svg", owner.pin()), "/api/rooms".to_owned()] {
        for site in ["cross-site", "same-site"] {
            for mode in ["no-cors", "cors"] {
                let headers = [("sec-fetch-site", site), ("sec-fetch-mode", mode)];
                refused(with(&owner, Method::GET, &path, &headers).await, 403, "cross_site").await;
            }
        }
        let from_here = with(&owner, Method::GET, &path, &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")]).await;
        assert_eq!(header(&from_here, "cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(matches!(from_here.status().as_u16(), 200 | 303), "{path}: {}", from_here.status());
    }
    let followed = with(&owner, Method::GET, &owner.file(id), &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]).await;
    assert_eq!(followed.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn another_scheme_of_authorization_does_not_hide_the_cookie() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}", owner.pin());
    for scheme in ["Basic dXNlcjpwYXNzd29yZA==", "Digest username=\"user\"", "Negotiate"] {
        assert_eq!(with(&owner, Method::GET, &path, &[("authorization", scheme)]).await.status(), 200, "{scheme}");
    }
    refused(with(&owner, Method::GET, &path, &[("authorization", "Bearer wrong")]).await, 401, "not_a_member").await;
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused_with_a_page_in_the_readers_language() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let upload = format!("/r/{}/upload", owner.pin());
    for path in ["/create", "/join", "/language", upload.as_str()] {
        for (language, words) in [("en", "<p>A page of another site asked for this"), ("de", "<p>Das hat die Seite einer anderen Website")]
        {
            let headers = [("origin", "http://evil.example"), html, ("accept-language", language)];
            let response = with(&owner, Method::POST, path, &headers).await;
            assert_eq!((response.status().as_u16(), header(&response, "content-type")), (403, "text/html; charset=utf-8"), "{path}");
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            let page = response.text().await.unwrap();
            assert!(page.contains(words) && page.contains("href=\"/\""), "{path}: {page}");
        }
    }
    // Programs get what they can read, also those that take everything.
    refused(with(&owner, Method::POST, "/create", &[("origin", "http://evil.example"), ("accept", "*/*")]).await, 403, "cross_site").await;
    refused(with(&owner, Method::POST, "/api/rooms", &[("origin", "http://evil.example"), html]).await, 403, "cross_site").await;
    app.finish().await;
}
