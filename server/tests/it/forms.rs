//! `/create`, `/join` and `/r/{pin}/leave`: the plain forms, for browsers in which no script runs.

use app::{
    room::Role,
    wire::{Entered, RoomView},
};
use reqwest::{Method, Response};
use serde_json::json;

use crate::{
    door::Door,
    seat::{Seat, header},
    test_app::TestApp,
};

async fn post(app: &Door, path: &str, fields: &str, cookie: &str) -> Response {
    let request = app.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    let response = request.header("cookie", cookie).body(fields.to_owned()).send().await.unwrap();
    assert_eq!(response.status(), 303);
    response
}

/// The seat whose token the answer to a form sets as a cookie.
async fn seat_in_cookie(app: &Door, response: &Response, role: Role) -> Seat {
    let cookie = header(response, "set-cookie").split(';').next().unwrap();
    let (name, token) = cookie.split_once('=').unwrap();
    let pin = name.strip_prefix("snapdrop-").unwrap();
    let room = app.request(Method::GET, &format!("/api/rooms/{pin}")).header("cookie", cookie).send().await.unwrap();
    let view: RoomView = room.json().await.unwrap();
    app.seat(Entered { pin: pin.parse().unwrap(), role, member: view.you, token: token.to_owned() })
}

#[tokio::test]
async fn the_form_that_creates_a_room_leads_into_it() {
    let app = TestApp::start().await;
    let response = post(&app, "/create", "", "").await;
    let owner = seat_in_cookie(&app, &response, Role::Owner).await;
    assert_eq!(header(&response, "location"), format!("/r/{}", owner.pin()));
    assert_eq!(owner.room().await.member(owner.entered.member).unwrap().role, Role::Owner);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_pin_is_understood_however_it_is_typed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (first, last) = owner.pin().split_at(3);
    // The same digits in Arabic, which are percent-encoded in the form.
    let arabic: String = owner.pin().bytes().map(|digit| format!("%D9%A{}", digit - b'0')).collect();
    let typed = [
        format!("{first}{last}"),
        format!("{first}+{last}"),
        format!("++{first}-{last}%09"),
        format!("{first}%C2%A0{last}"),
        arabic,
        format!("The+PIN+of+room+12:+{first}+{last}."),
        format!("http://192.168.1.20:3000/join/{first}{last}"),
    ];
    for typed in &typed {
        let response = post(&app, "/join", &format!("pin={typed}&name=Ada"), "").await;
        assert_eq!(header(&response, "location"), format!("/r/{}", owner.pin()), "{typed}");
        let guest = seat_in_cookie(&app, &response, Role::Guest).await;
        assert_eq!(guest.room().await.member(guest.entered.member).unwrap().name.as_str(), "Ada");
    }
    assert_eq!(owner.room().await.members.len(), 1 + typed.len());
    app.finish().await;
}

#[tokio::test]
async fn a_form_without_a_name_gives_a_friendly_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = post(&app, "/join", &format!("pin={}&name=++", owner.pin()), "").await;
    let guest = seat_in_cookie(&app, &response, Role::Guest).await;
    assert_eq!(guest.room().await.member(guest.entered.member).unwrap().name.as_str().split(' ').count(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_pin_that_no_room_has_leads_back_with_the_reason() {
    let app = TestApp::start().await;
    let unused = app.unused_pin();
    let response = post(&app, "/join", &format!("pin={unused}"), "").await;
    assert_eq!(header(&response, "location"), format!("/join/{unused}?problem=no_such_room"));
    assert_eq!(header(&response, "set-cookie"), "");
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_pin_leads_back_to_the_start() {
    let app = TestApp::start().await;
    for fields in ["", "pin=", "pin=abc", "pin=12", "pin=1234567890123", "name=Ada", "pin=%FF", "%%%"] {
        let response = post(&app, "/join", fields, "").await;
        assert_eq!(header(&response, "location"), "/?problem=no_such_room", "{fields}");
    }
    // Of a text around a PIN, nothing but the PIN gets into a header.
    let response = post(&app, "/join", "pin=123456%0d%0aset-cookie:+a", "").await;
    assert_eq!((header(&response, "location"), header(&response, "set-cookie")), ("/join/123456?problem=no_such_room", ""));
    app.finish().await;
}

#[tokio::test]
async fn a_locked_room_leads_back_with_the_reason() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    let response = post(&app, "/join", &format!("pin={}", owner.pin()), "").await;
    assert_eq!(header(&response, "location"), format!("/join/{}?problem=room_locked", owner.pin()));
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_nobody_could_read_leads_back_with_the_reason() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = post(&app, "/join", &format!("pin={}&name={}", owner.pin(), "x".repeat(41)), "").await;
    assert_eq!(header(&response, "location"), format!("/join/{}?problem=invalid_name", owner.pin()));
    app.finish().await;
}

#[tokio::test]
async fn a_browser_that_has_a_seat_keeps_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    let response = post(&app, "/join", &format!("pin={}", owner.pin()), &cookie).await;
    assert_eq!(header(&response, "location"), format!("/r/{}", owner.pin()));
    assert_eq!(header(&response, "set-cookie"), "");
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_guesses_pins_with_the_form_is_told_to_wait() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let unused = app.unused_pin();
    app.spend_guesses().await;
    for pin in [unused.as_str(), owner.pin()] {
        let response = post(&app, "/join", &format!("pin={pin}"), "").await;
        assert_eq!(header(&response, "location"), format!("/join/{pin}?problem=too_many_requests"));
    }
    app.finish().await;
}

/// Sends a form as a browser does, which says where it comes from.
async fn browser_post(app: &Door, path: &str, fields: &str, cookie: &str) -> Response {
    let origin = format!("http://{}", app.address());
    let request = app.request(Method::POST, path).header("origin", origin).header("content-type", "application/x-www-form-urlencoded");
    let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
    request.body(fields.to_owned()).send().await.unwrap()
}

#[tokio::test]
async fn a_browser_whose_cookies_work_gets_in_when_it_repeats_the_form_with_one() {
    let app = TestApp::start().await;
    let asked = browser_post(&app, "/create", "", "").await;
    assert_eq!((asked.status().as_u16(), header(&asked, "location")), (307, "/create?repeated"));
    let cookie = header(&asked, "set-cookie").split(';').next().unwrap();
    let response = browser_post(&app, "/create?repeated", "", cookie).await;
    let owner = seat_in_cookie(&app, &response, Role::Owner).await;
    assert_eq!(header(&response, "location"), format!("/r/{}", owner.pin()));
    // Whoever has a cookie of this server is not asked again.
    let response = browser_post(&app, "/join", &format!("pin={}", owner.pin()), cookie).await;
    assert_eq!((response.status().as_u16(), header(&response, "location")), (303, format!("/r/{}", owner.pin()).as_str()));
    assert_eq!(owner.room().await.members.len(), 2);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_browser_that_blocks_cookies_is_told_so_and_leaves_nobody_behind() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (join, page) = (format!("pin={}", owner.pin()), format!("/join/{}", owner.pin()));
    for (form, fields, page) in [("/create", "", "/"), ("/join", join.as_str(), page.as_str())] {
        assert_eq!(browser_post(&app, form, fields, "").await.status(), 307);
        let response = browser_post(&app, &format!("{form}?repeated"), fields, "").await;
        assert_eq!((response.status().as_u16(), header(&response, "set-cookie")), (303, ""));
        assert_eq!(header(&response, "location"), format!("{page}?problem=cookies_blocked"));
        let shown = app.get(header(&response, "location")).await;
        assert_eq!(shown.status(), 200);
        assert!(shown.text().await.unwrap().contains(">This browser blocks cookies"));
    }
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn the_form_that_leaves_a_room_gives_the_seat_up() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let cookie = format!("snapdrop-{}={}", guest.pin(), guest.entered.token);
    let leave = format!("/r/{}/leave", owner.pin());
    // The second time, the seat is gone already.
    for _ in 0..2 {
        let response = browser_post(&app, &leave, "", &cookie).await;
        assert_eq!((response.status().as_u16(), header(&response, "location")), (303, "/"));
        assert!(header(&response, "set-cookie").starts_with(&format!("snapdrop-{}=; Path=/; Max-Age=0", owner.pin())));
        assert_eq!(owner.room().await.members.len(), 1);
    }
    let owner_cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    let response = browser_post(&app, &leave, "", &owner_cookie).await;
    assert_eq!(header(&response, "location"), format!("/r/{}?problem=owner_stays", owner.pin()));
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}
