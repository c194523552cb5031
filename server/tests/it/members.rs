//! `/api/rooms/{pin}/members`: joining and leaving.

use app::room::{DeviceKind, Member, Role, RoomEvent};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    door::refused,
    seat::{Seat, header},
    test_app::TestApp,
};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

async fn member(seat: &Seat) -> Member {
    seat.room().await.member(seat.entered.member).unwrap().clone()
}

#[tokio::test]
async fn whoever_knows_the_pin_becomes_a_guest() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = app.ask_to_join(owner.pin(), &json!({"name": " Ada "})).await;
    assert_eq!(response.status(), 201);
    assert!(header(&response, "set-cookie").starts_with(&format!("snapdrop-{}=", owner.pin())));
    let guest = app.seat(response.json().await.unwrap());
    assert_eq!(guest.entered.role, Role::Guest);
    assert_ne!(guest.entered.member, owner.entered.member);
    let room = owner.room().await;
    let names: Vec<&str> = room.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["Olga", "Ada"]);
    app.finish().await;
}

#[tokio::test]
async fn a_guest_without_a_name_gets_a_friendly_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = app.request(Method::POST, &format!("/api/rooms/{}/members", owner.pin())).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let guest = app.seat(response.json().await.unwrap());
    assert_eq!(member(&guest).await.name.as_str().split(' ').count(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_guest_is_shown_with_its_device() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let response = app.request(Method::POST, &path).header("user-agent", IPHONE).send().await.unwrap();
    let device = member(&app.seat(response.json().await.unwrap())).await.device;
    assert_eq!((device.kind, device.browser.as_str(), device.system.as_str()), (DeviceKind::Mobile, "Safari", "iPhone"));
    app.finish().await;
}

#[tokio::test]
async fn a_hundred_people_join_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let nobody = json!({});
    let answers = join_all((0..100).map(|_| app.ask_to_join(owner.pin(), &nobody))).await;
    let mut joined = Vec::new();
    for answer in answers {
        assert_eq!(answer.status(), 201);
        joined.push(app.seat(answer.json().await.unwrap()).entered);
    }
    for _ in 0..100 {
        socket.event().await;
    }

    let room = owner.room().await;
    assert_eq!(room.members.len(), 101);
    let mut names: Vec<&str> = room.members.iter().map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 101);
    joined.sort_by_key(|entered| entered.member);
    joined.dedup_by_key(|entered| entered.member);
    assert_eq!(joined.len(), 100);
    assert!(joined.iter().all(|entered| room.member(entered.member).is_some()));
    app.finish().await;
}

#[tokio::test]
async fn a_pin_that_no_room_has_is_refused() {
    let app = TestApp::start().await;
    refused(app.ask_to_join(&app.unused_pin(), &json!({})).await, 404, "no_such_room").await;
    app.finish().await;
}

#[tokio::test]
async fn a_pin_that_is_no_number_is_refused() {
    let app = TestApp::start().await;
    for pin in ["12a456", "1", "1234567890123", "%20", "12%0034", "١٢٣٤٥٦", "%FF"] {
        refused(app.ask_to_join(pin, &json!({})).await, 404, "no_such_room").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_nobody_could_read_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for name in ["", "   ", "\n", "be\u{7}ll", "gpj\u{202e}exe", &"x".repeat(41), &"x".repeat(10_240)] {
        refused(app.ask_to_join(owner.pin(), &json!({ "name": name })).await, 422, "invalid_name").await;
    }
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_not_json_lets_nobody_in() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let malformed = app.request(Method::POST, &path).header("content-type", "application/json").body("{").send().await.unwrap();
    refused(malformed, 400, "malformed_request").await;
    let form = app.request(Method::POST, &path).header("content-type", "text/plain").body("{}").send().await.unwrap();
    refused(form, 415, "unsupported_media_type").await;
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_second_join_with_the_token_is_the_same_member() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let response = guest.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(app.seat(response.json().await.unwrap()).entered, guest.entered);
    assert_eq!(owner.room().await.members.len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_second_join_with_the_cookie_is_the_same_member() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let cookie = format!("theme=dark; snapdrop-000000=x; snapdrop-{}={}", owner.pin(), guest.entered.token);
    let response = app.request(Method::POST, &path).header("cookie", cookie).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(app.seat(response.json().await.unwrap()).entered, guest.entered);
    assert_eq!(owner.room().await.members.len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_second_join_under_another_name_renames_the_member() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let response = guest.request(Method::POST, &path).json(&json!({"name": "Grace"})).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(member(&guest).await.name.as_str(), "Grace");
    app.finish().await;
}

#[tokio::test]
async fn a_locked_room_lets_nobody_new_in() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    refused(app.ask_to_join(owner.pin(), &json!({})).await, 423, "room_locked").await;

    socket.say(json!({"type": "set_locked", "locked": false})).await;
    socket.event().await;
    assert_eq!(app.ask_to_join(owner.pin(), &json!({})).await.status(), 201);
    app.finish().await;
}

#[tokio::test]
async fn whoever_has_a_seat_in_a_locked_room_keeps_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    assert_eq!(guest.request(Method::POST, &path).send().await.unwrap().status(), 200);
    assert!(guest.room().await.settings.locked);
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_guesses_pins_is_told_to_wait() {
    let app = TestApp::start().await;
    let wrong = app.unused_pin();
    let mut tried = 0;
    let refusal = loop {
        let response = app.ask_to_join(&wrong, &json!({})).await;
        if response.status() != 404 {
            break response;
        }
        tried += 1;
    };
    assert_eq!(tried, 30);
    let wait = header(&refusal, "retry-after").to_owned();
    let problem: Value = refused(refusal, 429, "too_many_requests").await;
    // One guess comes back in about twenty minutes, of which a moment may have passed.
    assert!((1200..=1310).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    assert_eq!(problem["retry_after_secs"].to_string(), wait);
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_guessed_too_much_is_not_told_that_a_pin_is_right() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    app.spend_guesses().await;
    refused(app.ask_to_join(owner.pin(), &json!({})).await, 429, "too_many_requests").await;
    refused(app.get(&format!("/api/rooms/{}", owner.pin())).await, 429, "too_many_requests").await;
    assert_eq!(app.get(&format!("/r/{}", owner.pin())).await.status(), 429);
    app.finish().await;
}

#[tokio::test]
async fn a_request_that_is_wrong_in_another_way_does_not_tell_that_a_pin_is_right_either() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    app.spend_guesses().await;
    for body in [json!({"name": ""}), json!({"name": 7}), json!([])] {
        refused(app.ask_to_join(owner.pin(), &body).await, 429, "too_many_requests").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn whoever_has_a_seat_comes_back_to_it_while_somebody_at_the_same_address_guesses() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    app.spend_guesses().await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    assert_eq!(guest.request(Method::POST, &path).send().await.unwrap().status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn a_member_goes_on_while_somebody_at_the_same_address_guesses() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    app.spend_guesses().await;
    let id = owner.upload("a.txt", b"still here").await;
    assert_eq!(guest.download(id).await, b"still here");
    guest.listen().await;
    app.finish().await;
}

#[tokio::test]
async fn whoever_leaves_is_out_of_everybodys_list_at_once_and_for_good() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let (mut seen, mut own) = (owner.listen().await, guest.listen().await);
    let path = format!("/api/rooms/{}/members", owner.pin());
    let response = guest.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert!(header(&response, "set-cookie").starts_with(&format!("snapdrop-{}=; Path=/; Max-Age=0", owner.pin())));
    assert_eq!(seen.event().await, RoomEvent::MemberLeft { id: guest.entered.member });
    assert_eq!(own.close_code().await, 1008);
    refused(guest.get(&format!("/api/rooms/{}", owner.pin())).await, 401, "not_a_member").await;
    assert_eq!(owner.room().await.members.len(), 1);
    // The others stay, and the seat is free for somebody else.
    let other = app.join(&owner, "Bob").await;
    assert_ne!(other.entered.member, guest.entered.member);
    app.finish().await;
}

#[tokio::test]
async fn the_owner_cannot_leave() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    refused(owner.request(Method::DELETE, &path).send().await.unwrap(), 403, "owner_stays").await;
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}
