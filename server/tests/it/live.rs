//! `GET /api/rooms/{pin}/live`: what the server pushes, and which messages a client may send.

use app::{
    room::{Device, DeviceKind, FileState, PassingEvent, RoomEvent, Settings},
    wire::{ProblemCode, ServerMessage},
};
use futures::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    door::refused,
    live_socket::{LiveSocket, whole},
    test_app::{TIMEOUTS, TestApp},
};

const SAFARI_ON_MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";

/// Reads the recorded events up to [`ServerMessage::CaughtUp`], and returns them with the revision of that message.
async fn missed(socket: &mut LiveSocket) -> (Vec<(u64, RoomEvent)>, u64) {
    let mut events = Vec::new();
    loop {
        match socket.next().await {
            ServerMessage::Event { revision, event } => events.push((revision, event)),
            ServerMessage::Passing { .. } => {}
            ServerMessage::CaughtUp { revision } => return (events, revision),
            other => panic!("not what was missed: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_first_message_is_the_room_as_it_is() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    owner.add_file("a.txt", 1).await;
    let snapshot = owner.live(None).await.snapshot().await;
    assert_eq!(snapshot.revision, 2);
    assert_eq!(snapshot.room.files[0].name.as_str(), "a.txt");
    assert_eq!(snapshot.room.members[0].id, owner.entered.member);
    app.finish().await;
}

#[tokio::test]
async fn a_snapshot_of_a_large_room_comes_in_messages_of_moderate_size() {
    const MOST_BYTES: usize = 8 * 1024;
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let (name, owner_adds) = ("n".repeat(200), owner.clone());
    let add = async |number| {
        owner_adds.add_file(&format!("{number} {name}"), 1).await;
    };
    stream::iter(0..200).for_each_concurrent(20, add).await;
    for number in 0..30 {
        app.join(&owner, &format!("Guest {number}")).await;
        let text = json!({"text": format!("{number} {name}")});
        owner.request(Method::POST, &format!("/api/rooms/{}/snippets", owner.pin())).json(&text).send().await.unwrap();
        owner.add_part(number + 1).await;
    }
    for seat in [&owner, &guest] {
        let mut socket = seat.live(None).await;
        let (mut lengths, mut gathered) = (Vec::new(), Vec::new());
        let snapshot = loop {
            let Some(Message::Text(text)) = socket.frame().await else { panic!("no text") };
            lengths.push(text.len());
            match serde_json::from_str(&text).unwrap() {
                ServerMessage::SnapshotPart(part) => gathered.push(part),
                ServerMessage::Snapshot(snapshot) => break snapshot,
                other => panic!("not a part of a snapshot: {other:?}"),
            }
        };
        assert!(lengths.len() > 2 && lengths.iter().all(|length| *length < MOST_BYTES), "{lengths:?}");
        assert_eq!(whole(&mut gathered, snapshot).room, seat.room().await);
    }
    app.finish().await;
}

#[tokio::test]
async fn an_event_is_an_object_with_a_type_and_a_revision() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    let Some(Message::Text(text)) = socket.frame().await else { panic!("no text") };
    let expected = json!({"type": "event", "revision": 2, "event": {"type": "settings_changed", "settings": {"locked": true}}});
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    app.finish().await;
}

#[tokio::test]
async fn whoever_comes_back_gets_exactly_what_was_missed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let since = owner.view().await.snapshot.revision;
    let mut witness = owner.listen().await;
    let id = owner.upload("a.txt", b"123456789").await;
    witness.until_digested(id).await;
    owner.remove(id).await;

    let (events, revision) = missed(&mut owner.live(Some(since)).await).await;
    assert_eq!(revision, 5);
    let revisions: Vec<u64> = events.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(revisions, [2, 3, 4, 5]);
    assert!(matches!(&events[0].1, RoomEvent::FileAdded { file } if file.id == id));
    assert_eq!(events[1].1, RoomEvent::FileCompleted { id, crc32: 0xcbf4_3926 });
    assert!(matches!(&events[2].1, RoomEvent::FileDigested { .. }));
    assert_eq!(events[3].1, RoomEvent::FileRemoved { id });
    app.finish().await;
}

#[tokio::test]
async fn whoever_missed_nothing_gets_no_event() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let since = owner.view().await.snapshot.revision;
    assert_eq!(missed(&mut owner.live(Some(since)).await).await, (Vec::new(), since));
    app.finish().await;
}

#[tokio::test]
async fn a_revision_that_was_never_reached_is_answered_with_a_snapshot() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for since in [2, 1000, u64::MAX] {
        assert_eq!(owner.live(Some(since)).await.snapshot().await.revision, 1);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_revision_that_is_too_old_to_replay_is_answered_with_a_snapshot() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let add_and_remove = async |_| assert_eq!(owner.remove(owner.add_file("a.txt", 1).await).await, 204);
    stream::iter(0..300).for_each_concurrent(20, add_and_remove).await;
    let snapshot = owner.live(Some(1)).await.snapshot().await;
    assert_eq!(snapshot.revision, 601);
    let (events, _) = missed(&mut owner.live(Some(345)).await).await;
    assert_eq!((events.len(), events[0].0), (256, 346));
    app.finish().await;
}

#[tokio::test]
async fn a_revision_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for query in ["since=", "since=abc", "since=-1", "since=1.5", "since=18446744073709551616", "since=1&since=2", "since=%FF"] {
        let response = owner.get(&format!("/api/rooms/{}/live?{query}", owner.pin())).await;
        refused(response, 422, "out_of_range").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_who_joins_and_under_which_name() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let guest = app.join(&owner, "Ada").await;
    let RoomEvent::MemberJoined { member } = socket.event().await else { panic!("nobody joined") };
    assert_eq!((member.id, member.name.as_str()), (guest.entered.member, "Ada"));

    guest.listen().await.say(json!({"type": "rename", "name": "  Grace "})).await;
    let expected = RoomEvent::MemberRenamed { id: guest.entered.member, name: "Grace".to_owned().try_into().unwrap() };
    assert_eq!(socket.event().await, expected);
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_that_the_room_is_locked() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    owner.listen().await.say(json!({"type": "set_locked", "locked": true})).await;
    assert_eq!(socket.event().await, RoomEvent::SettingsChanged { settings: Settings { locked: true } });
    app.finish().await;
}

#[tokio::test]
async fn a_guest_cannot_lock_the_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    assert_eq!(socket.problem().await, ProblemCode::OwnerOnly);
    assert!(!owner.room().await.settings.locked);
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_nobody_could_read_is_a_problem() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    for name in ["", "   ", "a\nb", &"x".repeat(10_240)] {
        socket.say(json!({"type": "rename", "name": name})).await;
        assert_eq!(socket.problem().await, ProblemCode::InvalidName);
    }
    assert_eq!(owner.room().await.members[0].name.as_str(), "Olga");
    app.finish().await;
}

#[tokio::test]
async fn the_server_says_that_it_is_alive_to_programs_and_to_pages() {
    let app = TestApp::with_timeouts(server::config::Timeouts { heartbeat: std::time::Duration::from_millis(200), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let (mut ping, mut heartbeat) = (false, false);
    while !(ping && heartbeat) {
        match socket.frame().await.unwrap() {
            Message::Ping(_) => ping = true,
            Message::Text(text) => heartbeat |= text.as_str() == r#"{"type":"heartbeat"}"#,
            other => panic!("not a sign of life: {other:?}"),
        }
    }
    app.finish().await;
}

/// The device that the room shows for a member who joined with `headers` and whose page then sent `hello` over a
/// socket. The request for the socket has no client hints, because browsers send none there.
async fn device_after_hello(app: &TestApp, headers: &[(&str, &str)], touch_points: u32) -> Device {
    let owner = app.create_room().await;
    let join = app.request(Method::POST, &format!("/api/rooms/{}/members", owner.pin()));
    let join = headers.iter().fold(join, |join, (name, value)| join.header(*name, *value));
    let guest = app.seat(join.send().await.unwrap().json().await.unwrap());
    let mut socket = LiveSocket::open(&guest, None, &[("user-agent", SAFARI_ON_MAC)]).await;
    socket.snapshot().await;
    socket.say(json!({"type": "hello", "touch_points": touch_points})).await;
    // Messages are carried out in order: once the name is changed, `hello` was carried out, too.
    socket.say(json!({"type": "rename", "name": "Ada"})).await;
    while !matches!(socket.event().await, RoomEvent::MemberRenamed { .. }) {}
    guest.room().await.member(guest.entered.member).unwrap().device.clone()
}

#[tokio::test]
async fn a_mac_with_five_touch_points_is_an_ipad() {
    let app = TestApp::start().await;
    let device = device_after_hello(&app, &[("user-agent", SAFARI_ON_MAC)], 5).await;
    assert_eq!((device.kind, device.browser.as_str(), device.system.as_str()), (DeviceKind::Tablet, "Safari", "iPad"));
    let device = device_after_hello(&app, &[("user-agent", SAFARI_ON_MAC)], 0).await;
    assert_eq!((device.kind, device.browser.as_str(), device.system.as_str()), (DeviceKind::Desktop, "Safari", "macOS"));
    app.finish().await;
}

#[tokio::test]
async fn the_hints_of_joining_outlive_the_hello_of_the_page() {
    let app = TestApp::start().await;
    let headers = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
        ("sec-ch-ua", r#""Chromium";v="140", "Brave";v="140""#),
        ("sec-ch-ua-platform", r#""Android""#),
    ];
    let device = device_after_hello(&app, &headers, 5).await;
    assert_eq!((device.kind, device.browser.as_str(), device.system.as_str()), (DeviceKind::Tablet, "Brave", "Android"));
    app.finish().await;
}

#[tokio::test]
async fn a_paused_upload_is_told_to_everybody_even_between_two_chunks() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("film.mov", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let (mut says, mut hears) = (owner.listen().await, guest.listen().await);
    says.say(json!({"type": "upload_paused", "id": id})).await;
    hears.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Stopped }).await;
    hears.say(json!({"type": "upload_paused", "id": id})).await;
    assert_eq!(hears.problem().await, ProblemCode::OwnerOnly);

    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    says.say(json!({"type": "upload_paused", "id": id})).await;
    says.say(json!({"type": "rename", "name": "Olga II"})).await;
    while !matches!(hears.event().await, RoomEvent::MemberRenamed { .. }) {}
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    app.finish().await;
}
