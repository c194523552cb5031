//! `/api/rooms` and `/api/rooms/{pin}`: creating rooms and reading them. Closing them is tested in `closing`.

use app::{
    room::{Presence, Role},
    wire,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    door::{Door, refused},
    raw::answer,
    seat::header,
    test_app::TestApp,
};

#[tokio::test]
async fn whoever_creates_a_room_owns_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    assert_eq!(owner.entered.role, Role::Owner);
    assert_eq!(owner.pin().len(), 6);
    assert_eq!(owner.entered.token.len(), 43);
    let view = owner.view().await;
    assert_eq!(view.you, owner.entered.member);
    let members = view.snapshot.room.members;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id, owner.entered.member);
    assert_eq!(members[0].name.as_str(), "Olga");
    assert_eq!(members[0].role, Role::Owner);
    assert_eq!(members[0].presence, Presence::Reconnecting);
    assert_eq!(members[0].address, "127.0.0.1");
    app.finish().await;
}

#[tokio::test]
async fn a_new_room_is_answered_with_its_address_and_a_cookie() {
    let app = TestApp::start().await;
    let response = app.request(Method::POST, "/api/rooms").send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "cache-control"), "no-store");
    let cookie = header(&response, "set-cookie").to_owned();
    let location = header(&response, "location").to_owned();
    let entered: Value = response.json().await.unwrap();
    let (pin, token) = (entered["pin"].as_str().unwrap(), entered["token"].as_str().unwrap());
    assert_eq!(entered["role"], "owner");
    assert_eq!(location, format!("/api/rooms/{pin}"));
    assert_eq!(cookie, format!("snapdrop-{pin}={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));
    let owner = app.seat(serde_json::from_value(entered).unwrap());
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_room_has_a_pin_of_the_length_that_was_asked_for() {
    let app = TestApp::with_flags(&["--pin-digits", "9"]).await;
    assert_eq!(app.create_room().await.pin().len(), 9);
    app.finish().await;
}

#[tokio::test]
async fn two_rooms_have_nothing_in_common() {
    let app = TestApp::start().await;
    let (one, two) = (app.create_room().await, app.create_room().await);
    assert_ne!(one.pin(), two.pin());
    one.upload("one.txt", b"1").await;
    assert_eq!(two.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_snapshot_says_what_the_room_is_and_who_asks() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.get(&wire::room(&owner.entered.pin)).await;
    assert_eq!(header(&response, "content-type"), "application/json");
    let view: Value = response.json().await.unwrap();
    assert_eq!(view["revision"], 1);
    assert_eq!(view["you"], json!(owner.entered.member));
    assert_eq!(view["room"]["pin"], owner.pin());
    assert_eq!(view["room"]["settings"], json!({"locked": false}));
    assert_eq!(view["room"]["files"], json!([]));
    assert_eq!(view["room"]["closed"], Value::Null);
    app.finish().await;
}

async fn create_with(app: &Door, media_type: &str, body: &str) -> reqwest::Response {
    app.request(Method::POST, "/api/rooms").header("content-type", media_type).body(body.to_owned()).send().await.unwrap()
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let app = TestApp::start().await;
    for body in ["{", r#"{"name": 5}"#, "5", "\u{0}"] {
        refused(create_with(&app, "application/json", body).await, 400, "malformed_request").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let app = TestApp::start().await;
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        refused(create_with(&app, media_type, r#"{"name": "Ada"}"#).await, 415, "unsupported_media_type").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_json_in_utf_8_is_taken() {
    let app = TestApp::start().await;
    let response = create_with(&app, "application/json; charset=utf-8", r#"{"name": "Åsa"}"#).await;
    assert_eq!(response.status(), 201);
    let owner = app.seat(response.json().await.unwrap());
    assert_eq!(owner.room().await.members[0].name.as_str(), "Åsa");
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_100_kilobytes_is_refused() {
    let app = TestApp::start().await;
    let body = json!({ "name": "x".repeat(100_000) }).to_string();
    refused(create_with(&app, "application/json", &body).await, 413, "request_too_large").await;
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_creates_hundreds_of_rooms_is_told_to_wait() {
    let app = TestApp::start().await;
    // Each request is refused for its empty name, so that no room is created, but it counts as an attempt.
    for _ in 0..300 {
        let response = create_with(&app, "application/json", r#"{"name": ""}"#).await;
        assert_eq!(response.status(), 422);
    }
    // The budget regains one attempt every second, so a slow machine gets a few more.
    let refusal = loop {
        let response = create_with(&app, "application/json", r#"{"name": ""}"#).await;
        if response.status() != 422 {
            break response;
        }
    };
    assert_eq!(header(&refusal, "retry-after"), "1");
    refused(refusal, 429, "too_many_requests").await;
    app.finish().await;
}

#[tokio::test]
async fn a_tunnel_is_refused() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn an_unknown_address_of_the_api_is_a_problem_document() {
    let app = TestApp::start().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/rooms/123456/nothing"] {
        refused(app.get(path).await, 404, "not_found").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_method_that_an_address_does_not_have_is_refused() {
    let app = TestApp::start().await;
    for (method, path) in [(Method::PUT, "/api/rooms"), (Method::POST, "/api/rooms/123456"), (Method::PATCH, "/api/rooms/123456/members")] {
        refused(app.request(method, path).send().await.unwrap(), 405, "method_not_allowed").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn watchers_are_told_that_the_server_works() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_browser_is_told_of_the_open_rooms_in_which_it_has_a_seat_and_what_tells_them_apart() {
    let app = TestApp::start().await;
    let (own, other, closed) = (app.create_room().await, app.create_room().await, app.create_room().await);
    let guest = app.join(&other, "Ada").await;
    assert_eq!(closed.close().await, 204);
    let known = async |cookies: String| {
        let response = app.request(Method::GET, "/api/rooms").header("cookie", cookies).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "cache-control"), "no-store");
        response.json::<Value>().await.unwrap()
    };
    let cookie = |pin: &str, token: &str| format!("snapdrop-{pin}={token}");
    let cookies = [own.clone(), guest.clone(), closed].map(|seat| cookie(seat.pin(), &seat.entered.token)).join("; ");
    for name in ["a.txt", "b.txt"] {
        own.upload(name, b"a").await;
    }
    let opened = [own.room().await.created_at_ms, other.room().await.created_at_ms];
    assert_eq!(
        known(format!("theme=dark; {cookies}")).await,
        json!([
            {"pin": own.pin(), "role": "owner", "files": 2, "opened_at_ms": opened[0]},
            {"pin": other.pin(), "role": "guest", "files": 0, "opened_at_ms": opened[1]},
        ])
    );
    // Neither another room's token nor an invalid one reveals whether the room exists.
    for token in [guest.entered.token.as_str(), "x", ""] {
        assert_eq!(known(cookie(own.pin(), token)).await, json!([]), "{token}");
    }
    for cookies in ["", "snapdrop-=x", "snapdrop-000000=x", "snapdrop-482913", "snapdrop-../..=x; snapdrop-"] {
        assert_eq!(known(cookies.to_owned()).await, json!([]), "{cookies}");
    }
    app.finish().await;
}
