//! How much of everything there may be, so that no stranger can take the server, or a room, from everybody else.

use std::time::Duration;

use app::{
    room::{RoomEvent, SnippetText},
    wire::ProblemCode,
};
use futures::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{
    door::refused,
    live_socket::{LiveSocket, connect},
    seat::{Seat, header},
    test_app::{TIMEOUTS, TestApp, eventually},
};

/// Lets so many members join, and connects each of them.
async fn connected(app: &TestApp, owner: &Seat, count: usize) -> Vec<LiveSocket> {
    let mut sockets = Vec::new();
    for number in 0..count {
        sockets.push(app.join(owner, &format!("Guest {number}")).await.listen().await);
    }
    sockets
}

#[tokio::test]
async fn a_room_has_a_thousand_seats_and_who_never_came_gives_the_seat_away() {
    let app = TestApp::with_flags(&["--max-joins-per-address", "0"]).await;
    let owner = app.create_room().await;
    let first = app.join(&owner, "First").await;
    let nobody = json!({});
    let join = async |_| assert_eq!(app.ask_to_join(owner.pin(), &nobody).await.status(), 201);
    stream::iter(0..998).for_each_concurrent(50, join).await;
    assert_eq!(owner.room().await.members.len(), 1000);
    app.join(&owner, "One more").await;
    let members = owner.room().await.members;
    assert_eq!((members.len(), members[0].id), (1000, owner.entered.member));
    assert!(!members.iter().any(|member| member.id == first.entered.member));
    refused(first.get(&format!("/api/rooms/{}", owner.pin())).await, 401, "not_a_member").await;
    app.finish().await;
}

#[tokio::test]
async fn whoever_is_connected_keeps_the_seat_and_whoever_left_first_loses_it_first() {
    let timeouts = Timeouts { grace: Duration::from_millis(1), ..TIMEOUTS };
    let app = TestApp::with(&["--max-members-per-room", "4"], timeouts).await;
    let owner = app.create_room().await;
    let mut owners = owner.listen().await;
    let (ada, bob) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let here = connected(&app, &owner, 1).await;
    let mut left = async |member| loop {
        if let app::room::RoomEvent::MemberLeft { id } = owners.event().await
            && id == member
        {
            break;
        }
    };
    left(ada.entered.member).await;
    left(bob.entered.member).await;

    let eve = app.join(&owner, "Eve").await;
    let _eve_is_here = eve.listen().await;
    refused(ada.get(&format!("/api/rooms/{}", owner.pin())).await, 401, "not_a_member").await;
    let _bob_is_back = bob.listen().await;
    let refusal = app.ask_to_join(owner.pin(), &json!({})).await;
    assert_eq!(header(&refusal, "retry-after"), "60");
    refused(refusal, 429, "too_many_members").await;
    drop(here);
    let joins = async || match app.ask_to_join(owner.pin(), &json!({})).await.status().as_u16() {
        201 => Ok(()),
        status => Err(status),
    };
    eventually("the seat of somebody who went is free", joins).await;
    app.finish().await;
}

#[tokio::test]
async fn a_forgotten_member_stays_forgotten_after_a_restart() {
    let app = TestApp::with_flags(&["--max-members-per-room", "2"]).await;
    let owner = app.create_room().await;
    let ada = app.join(&owner, "Ada").await;
    let bob = app.join(&owner, "Bob").await;
    let app = TestApp::on(app.stop().await, &[], TIMEOUTS).await;
    let (owner, ada, bob) = (owner.at(&app), ada.at(&app), bob.at(&app));
    let path = format!("/api/rooms/{}", owner.pin());
    refused(ada.get(&path).await, 401, "not_a_member").await;
    assert_eq!(bob.get(&path).await.status(), 200);
    assert_eq!(owner.room().await.members.len(), 2);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn whoever_downloads_keeps_the_seat() {
    let app = TestApp::with_flags(&["--max-members-per-room", "3"]).await;
    let owner = app.create_room().await;
    let (ada, bob) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let mut download = ada.get(&owner.file(id)).await;
    assert_eq!(download.chunk().await.unwrap().unwrap(), "0123");
    app.join(&owner, "Eve").await;
    let path = format!("/api/rooms/{}", owner.pin());
    refused(bob.get(&path).await, 401, "not_a_member").await;
    assert_eq!(ada.get(&path).await.status(), 200);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    while download.chunk().await.unwrap().is_some() {}
    app.finish().await;
}

#[tokio::test]
async fn an_address_takes_four_hundred_new_seats_at_once_and_keeps_those_it_has() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let first = app.join(&owner, "Ada").await;
    let mut taken = 1;
    let refusal = loop {
        match app.ask_to_join(owner.pin(), &json!({})).await {
            seat if seat.status() == 201 => taken += 1,
            refusal => break refusal,
        }
    };
    // A seat comes back every six seconds, also while the others are taken.
    assert!((400..410).contains(&taken), "{taken} seats");
    assert!(header(&refusal, "retry-after").parse::<u64>().unwrap() <= 6);
    refused(refusal, 429, "too_many_requests").await;
    first.listen().await;
    app.finish().await;
}

#[tokio::test]
async fn a_member_and_a_room_have_so_many_sockets() {
    for (flag, who) in [("--max-sockets-per-member", "of yours"), ("--max-sockets-per-room", "in this room")] {
        let app = TestApp::with_flags(&[flag, "3"]).await;
        let owner = app.create_room().await;
        let mut sockets = Vec::new();
        for _ in 0..3 {
            sockets.push(owner.listen().await);
        }
        let refused = connect(&owner, None, &[]).await.map(drop).map_err(|error| *error);
        let Err(Error::Http(refusal)) = refused else { panic!("a fourth socket: {refused:?}") };
        let body = String::from_utf8(refusal.body().clone().unwrap()).unwrap();
        assert!(refusal.status() == 429 && body.contains(r#""code":"too_many_sockets""#) && body.contains(who), "{body}");
        sockets.pop();
        eventually("another socket has a place", async || connect(&owner, None, &[]).await.map(drop).map_err(|error| error.to_string()))
            .await;
        app.finish().await;
    }
}

#[tokio::test]
async fn nobody_is_locked_out_of_a_room_by_the_sockets_of_others() {
    let app = TestApp::with_flags(&["--max-sockets-per-room", "1"]).await;
    let owner = app.create_room().await;
    let _others = connected(&app, &owner, 3).await;
    owner.listen().await;
    app.finish().await;
}

#[tokio::test]
async fn a_room_holds_so_many_files_and_parts() {
    let app = TestApp::with_flags(&["--max-files-per-room", "3"]).await;
    let owner = app.create_room().await;
    let first = owner.upload("a", b"1").await;
    owner.add_file("b", 10).await;
    let part = owner.upload_part(b"3").await;
    for refusal in [
        owner.creation().header("upload-length", 5).send().await.unwrap(),
        owner.creation_with("12345").header("upload-length", 5).send().await.unwrap(),
        owner.creation().header("upload-length", 5).header("upload-concat", "partial").send().await.unwrap(),
    ] {
        let problem = refused(refusal, 413, "too_many_files").await;
        assert!(problem["detail"].as_str().unwrap().contains("as one archive"), "{problem}");
    }
    owner.concatenate(&[part]).await;
    assert_eq!(owner.remove(first).await, 204);
    owner.upload("c", b"4").await;
    app.finish().await;
}

#[tokio::test]
async fn the_names_and_texts_of_a_room_have_so_many_bytes() {
    let app = TestApp::with_flags(&["--max-text-per-room", "1000"]).await;
    let owner = app.create_room().await;
    let snippets = format!("/api/rooms/{}/snippets", owner.pin());
    let add = async |length: usize| owner.request(Method::POST, &snippets).json(&json!({"text": "x".repeat(length)})).send().await.unwrap();
    assert!(SnippetText::parse(&"x".repeat(600)).is_ok());
    assert_eq!(add(600).await.status(), 201);
    let id = owner.upload(&"n".repeat(300), b"1").await;
    refused(add(101).await, 413, "room_full").await;
    let name = crate::seat::metadata(&"n".repeat(101));
    refused(owner.creation().header("upload-length", 1).header("upload-metadata", name).send().await.unwrap(), 413, "room_full").await;
    assert_eq!(owner.remove(id).await, 204);
    assert_eq!(add(101).await.status(), 201);
    app.finish().await;
}

#[tokio::test]
async fn an_address_has_so_many_rooms_open_also_after_a_restart() {
    let flags = ["--max-rooms-per-address", "2"];
    let app = TestApp::with_flags(&flags).await;
    let (first, _second) = (app.create_room().await, app.create_room().await);
    let create = async |app: &TestApp| app.request(Method::POST, "/api/rooms").send().await.unwrap();
    refused(create(&app).await, 429, "too_many_rooms").await;
    let app = TestApp::on(app.stop().await, &flags, TIMEOUTS).await;
    refused(create(&app).await, 429, "too_many_rooms").await;
    assert_eq!(first.at(&app).close().await, 204);
    assert_eq!(create(&app).await.status(), 201);
    refused(create(&app).await, 429, "too_many_rooms").await;
    drop(app.stop().await);

    let app = TestApp::with_flags(&["--max-rooms", "1"]).await;
    app.create_room().await;
    refused(create(&app).await, 503, "server_full").await;
    app.finish().await;
}

#[tokio::test]
async fn files_are_added_to_a_room_no_faster_than_it_takes_them() {
    let app = TestApp::with_flags(&["--max-new-files-per-room", "4"]).await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    owner.upload("a", b"1").await;
    let part = owner.upload_part(b"2").await;
    owner.add_file("b", 10).await;
    owner.concatenate(&[part]).await;
    let refusal = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), retry_after)
    };
    // 50 are added each second, so that a few of the requests may be taken.
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(refusal(owner.creation().header("upload-length", 5)).await);
    }
    assert!(answers.contains(&(429, Some("1".to_owned()))), "{answers:?}");
    assert!(answers.iter().all(|(status, _)| matches!(status, 201 | 429)), "{answers:?}");
    other.upload("c", b"3").await;
    eventually("the room takes files again", async || {
        match owner.creation().header("upload-length", 5).send().await.unwrap().status().as_u16() {
            201 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    app.finish().await;
}

/// An archive of which its client reads nothing: the server cannot send all of it.
async fn unread_archive(seat: &Seat) -> reqwest::Response {
    let archive = seat.archive().await;
    assert_eq!(archive.status(), 200);
    archive
}

#[tokio::test]
async fn a_member_loads_so_many_archives_at_once() {
    let app = TestApp::with_flags(&["--max-archives-per-member", "2", "--max-archives", "1"]).await;
    let owner = app.create_room().await;
    owner.upload("film.mov", &vec![7; 32 << 20]).await;
    let first = app.join(&owner, "Ada").await;
    let (one, _two) = (unread_archive(&first).await, unread_archive(&first).await);
    let problem = refused(first.archive().await, 429, "too_many_at_once").await;
    assert_eq!(problem["retry_after_secs"], 5);
    let _three = unread_archive(&owner).await;
    drop(one);
    let begun = eventually("the next one begins", async || {
        let response = first.archive().await;
        if response.status() == 200 { Ok(response) } else { Err(response.status()) }
    })
    .await;
    drop(begun);
    app.finish().await;
}

#[tokio::test]
async fn a_member_may_send_as_many_frames_and_messages_as_the_flags_say() {
    let app = TestApp::with_flags(&["--max-frames-per-member", "3", "--max-messages-per-member", "1"]).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    for _ in 0..2 {
        socket.say(json!({"type": "heartbeat"})).await;
    }
    assert_eq!(socket.problem().await, ProblemCode::TooManyRequests);
    while socket.send_if_open(Message::Ping("ping".into())).await {}
    assert_eq!(socket.close_code().await, 1008);
    app.finish().await;

    let app = TestApp::with_flags(&["--max-frames-per-member", "0", "--max-messages-per-member", "0"]).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    for _ in 0..200 {
        socket.say(json!({"type": "heartbeat"})).await;
    }
    owner.add_file("a.txt", 1).await;
    assert!(matches!(socket.event().await, RoomEvent::FileAdded { .. }));
    app.finish().await;
}
