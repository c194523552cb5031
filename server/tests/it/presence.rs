//! The presence of members: connected, away, reconnecting, gone, and back.

use std::time::Duration;

use app::room::{MemberId, PassingEvent, Presence, Role, RoomEvent};
use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;

use crate::{
    live_socket::{LiveSocket, connect},
    seat::Seat,
    test_app::{TIMEOUTS, TestApp},
};

fn presence(seat: &Seat, presence: Presence) -> PassingEvent {
    PassingEvent::PresenceChanged { id: seat.entered.member, presence }
}

async fn until_left(socket: &mut LiveSocket, awaited: MemberId) {
    loop {
        if let RoomEvent::MemberLeft { id } = socket.event().await
            && id == awaited
        {
            return;
        }
    }
}

/// A server that gives up a seat without a connection after 200 ms.
async fn impatient() -> TestApp {
    TestApp::with_timeouts(Timeouts { grace: Duration::from_millis(200), ..TIMEOUTS }).await
}

#[tokio::test]
async fn a_member_is_connected_as_long_as_its_socket_is_open() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    let open = guest.listen().await;
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    drop(open);
    socket.until_passing(presence(&guest, Presence::Reconnecting)).await;
    app.finish().await;
}

#[tokio::test]
async fn a_member_whose_tab_is_in_the_background_is_away() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    let mut tab = guest.listen().await;
    tab.say(json!({"type": "visibility", "visible": false})).await;
    socket.until_passing(presence(&guest, Presence::Away)).await;
    tab.say(json!({"type": "visibility", "visible": true})).await;
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    app.finish().await;
}

#[tokio::test]
async fn two_tabs_are_one_member() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    let mut one = guest.listen().await;
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    let mut two = guest.listen().await;
    assert_eq!(owner.room().await.members.len(), 2);

    // A member is away only when none of its tabs is visible.
    one.say(json!({"type": "visibility", "visible": false})).await;
    two.say(json!({"type": "visibility", "visible": false})).await;
    socket.until_passing(presence(&guest, Presence::Away)).await;
    two.say(json!({"type": "visibility", "visible": true})).await;
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    drop(two);
    socket.until_passing(presence(&guest, Presence::Away)).await;
    drop(one);
    socket.until_passing(presence(&guest, Presence::Reconnecting)).await;
    app.finish().await;
}

#[tokio::test]
async fn a_seat_is_given_up_when_nobody_comes_back_to_it() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let guest = app.join(&owner, "Ada").await;
    drop(guest.listen().await);
    until_left(&mut socket, guest.entered.member).await;
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_seat_that_was_never_connected_to_is_given_up_too() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let guest = app.join(&owner, "Ada").await;
    until_left(&mut socket, guest.entered.member).await;
    app.finish().await;
}

#[tokio::test]
async fn a_seat_is_kept_for_a_member_who_comes_back_in_time() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let (back, gone) = (app.join(&owner, "Back").await, app.join(&owner, "Gone").await);
    drop(back.listen().await);
    let _there = back.listen().await;
    drop(gone.listen().await);
    until_left(&mut socket, gone.entered.member).await;
    assert!(owner.room().await.member(back.entered.member).is_some());
    app.finish().await;
}

#[tokio::test]
async fn a_member_who_left_gets_the_same_seat_back_by_connecting() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let guest = app.join(&owner, "Ada").await;
    until_left(&mut socket, guest.entered.member).await;

    let _back = guest.listen().await;
    let RoomEvent::MemberJoined { member } = socket.event().await else { panic!("nobody came back") };
    assert_eq!((member.id, member.name.as_str(), member.role), (guest.entered.member, "Ada", Role::Guest));
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    app.finish().await;
}

#[tokio::test]
async fn a_member_who_left_gets_the_same_seat_back_by_joining() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let guest = app.join(&owner, "Ada").await;
    until_left(&mut socket, guest.entered.member).await;
    let path = format!("/api/rooms/{}/members", owner.pin());
    let response = guest.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(app.seat(response.json().await.unwrap()).entered, guest.entered);
    let RoomEvent::MemberJoined { member } = socket.event().await else { panic!("nobody came back") };
    assert_eq!(member.id, guest.entered.member);
    app.finish().await;
}

#[tokio::test]
async fn an_owner_who_left_is_still_the_owner() {
    let app = impatient().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    until_left(&mut socket, owner.entered.member).await;
    let id = owner.upload("a.txt", b"a").await;
    assert_eq!(guest.download(id).await, b"a");
    let _back = owner.listen().await;
    assert_eq!(guest.room().await.member(owner.entered.member).unwrap().role, Role::Owner);
    app.finish().await;
}

#[tokio::test]
async fn a_peer_that_is_silent_for_two_heartbeats_is_dropped_and_others_are_not() {
    let app = TestApp::with_timeouts(Timeouts { heartbeat: Duration::from_millis(300), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    // Nothing reads from this connection, so that it answers no ping.
    let (_silent, _) = connect(&guest, None, &[]).await.unwrap();
    socket.until_passing(presence(&guest, Presence::Connected)).await;
    socket.until_passing(presence(&guest, Presence::Reconnecting)).await;
    assert_eq!(owner.room().await.member(owner.entered.member).unwrap().presence, Presence::Connected);
    app.finish().await;
}
