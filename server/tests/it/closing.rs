//! Closing a room, by its owner or because it is unused: every member is told, and nothing of it stays on the server.

use app::{
    room::{ClosedBy, FileState, PassingEvent, RoomEvent},
    wire::ServerMessage,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    door::{Door, refused},
    live_socket::LiveSocket,
    raw::{answer, begin_chunk},
    seat::header,
    test_app::{TIMEOUTS, TestApp, assert_nothing_left, eventually, files_on_disk},
};

/// Waits for the event that the room was closed, checks that the socket then ends with close code 4001, and returns
/// who closed the room.
async fn told_by(socket: &mut LiveSocket) -> ClosedBy {
    loop {
        if let ServerMessage::Event { event: RoomEvent::RoomClosed { by, .. }, .. } = socket.next().await {
            assert_eq!(socket.close_code().await, 4001);
            return by;
        }
    }
}

#[tokio::test]
async fn everybody_is_told_that_the_room_is_closed_and_then_disconnected() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut sockets = [owner.listen().await, guest.listen().await, guest.live(Some(0)).await];
    assert_eq!(owner.close().await, 204);
    for socket in &mut sockets {
        assert_eq!(told_by(socket).await, ClosedBy::Owner);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_pin_of_a_closed_room_is_dead() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"gone").await;
    let pin = owner.pin();
    assert_eq!(owner.close().await, 204);
    refused(app.ask_to_join(pin, &json!({})).await, 410, "room_closed").await;
    refused(guest.get(&guest.file(id)).await, 410, "room_closed").await;
    refused(guest.archive().await, 410, "room_closed").await;
    refused(app.get(&format!("/api/rooms/{pin}")).await, 410, "room_closed").await;
    let cookie = format!("snapdrop-{pin}={}", guest.entered.token);
    for path in [format!("/r/{pin}"), format!("/join/{pin}")] {
        let response = app.request(Method::GET, &path).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(response.status(), 410, "{path}");
        let page = response.text().await.unwrap();
        let (_, erased) = page.split_once(">Erased ").expect("the page says when the files were erased, without a script");
        let (hours, rest) = erased.split_once(':').unwrap();
        assert!(hours.parse::<u8>().unwrap() < 24 && rest[2..].starts_with(" UTC"), "{path}: {erased:.20}");
        assert!(page.contains("This room is closed.") && !page.contains("<form class=\"join\""), "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_closed_room_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    app.join(&owner, "Ada").await;
    for number in 0..5 {
        owner.upload(&format!("{number}.txt"), b"gone").await;
    }
    owner.add_file("announced.txt", 10).await;
    assert_eq!(files_on_disk(app.folder()).len(), 6);
    assert_eq!(owner.close().await, 204);
    // The files are erased before the request is answered.
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    assert_nothing_left(app.stop().await.path());
}

#[tokio::test]
async fn closing_one_room_leaves_the_others_alone() {
    let app = TestApp::start().await;
    let (closed, open) = (app.create_room().await, app.create_room().await);
    closed.upload("a.txt", b"gone").await;
    let id = open.upload("b.txt", b"stays").await;
    assert_eq!(closed.close().await, 204);
    assert_eq!(open.download(id).await, b"stays");
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn whoever_asks_for_a_closed_room_again_and_again_spends_no_guess() {
    let app = TestApp::start().await;
    let (closed, open) = (app.create_room().await, app.create_room().await);
    assert_eq!(closed.close().await, 204);
    for _ in 0..40 {
        let problem = refused(app.ask_to_join(closed.pin(), &json!({})).await, 410, "room_closed").await;
        assert!(problem["detail"].as_str().unwrap().contains(" GMT"), "{problem}");
    }
    app.join(&open, "Ada").await;
    app.finish().await;
}

#[tokio::test]
async fn a_browser_forgets_its_seat_in_a_closed_room() {
    let app = TestApp::start().await;
    let (closed, open) = (app.create_room().await, app.create_room().await);
    let pin = closed.pin();
    let response = closed.request(Method::DELETE, &format!("/api/rooms/{pin}")).send().await.unwrap();
    let forgotten = format!("snapdrop-{pin}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    assert_eq!(header(&response, "set-cookie"), forgotten);
    let cookies = format!("snapdrop-{pin}={}; snapdrop-{}={}", closed.entered.token, open.pin(), open.entered.token);
    for path in ["/api/rooms".to_owned(), format!("/r/{pin}"), format!("/join/{pin}")] {
        let response = app.request(Method::GET, &path).header("cookie", &cookies).send().await.unwrap();
        let taken_back: Vec<_> = response.headers().get_all("set-cookie").iter().filter(|cookie| *cookie == forgotten.as_str()).collect();
        assert_eq!(taken_back.len(), 1, "{path}: {:?}", response.headers());
    }
    app.finish().await;
}

#[tokio::test]
async fn made_up_cookies_do_not_tell_which_rooms_there_are() {
    let app = TestApp::start().await;
    let (open, unused) = (app.create_room().await, app.unused_pin());
    for pin in [open.pin(), &unused] {
        let response = app.request(Method::GET, "/api/rooms").header("cookie", format!("snapdrop-{pin}=x")).send().await.unwrap();
        assert_eq!(header(&response, "set-cookie"), format!("snapdrop-{pin}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
        assert_eq!(response.text().await.unwrap(), "[]");
    }
    app.finish().await;
}

#[tokio::test]
async fn closing_ends_a_running_upload() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut running = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;
    assert_eq!(owner.close().await, 204);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    assert!(answer(&mut running).await.starts_with("HTTP/1.1 4"));
    refused(owner.append(id, 4, "456789").await, 410, "room_closed").await;
    app.finish().await;
}

#[tokio::test]
async fn a_room_is_closed_only_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for number in 0..20 {
        owner.upload(&format!("{number}"), b"x").await;
    }
    let mut statuses = futures::future::join_all((0..4).map(|_| owner.close())).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 410, 410, 410]);
    app.finish().await;
}

/// Asks without a token until the room is gone. Requests without a token do not count as use of the room.
async fn until_gone(door: &Door, pin: &str) {
    eventually("an unused room is closed", async || match door.get(&format!("/api/rooms/{pin}")).await.status() {
        StatusCode::GONE => Ok(()),
        status => Err(status),
    })
    .await;
}

#[tokio::test]
async fn a_room_that_nobody_uses_is_closed_and_erased() {
    let app = TestApp::with_flags(&["--room-ttl", "1s"]).await;
    let owner = app.create_room().await;
    owner.upload("a.txt", b"gone").await;
    until_gone(&app, owner.pin()).await;
    refused(owner.archive().await, 410, "room_closed").await;
    assert_nothing_left(app.stop().await.path());
}

#[tokio::test]
async fn a_room_in_which_nothing_was_shared_is_closed_sooner() {
    let app = TestApp::with_flags(&["--unshared-room-ttl", "1s"]).await;
    let (with_file, with_guest, unshared) = (app.create_room().await, app.create_room().await, app.create_room().await);
    with_file.upload("a.txt", b"for later").await;
    app.join(&with_guest, "Ada").await;
    until_gone(&app, unshared.pin()).await;
    assert_eq!((with_file.room().await.closed, with_guest.room().await.closed), (None, None));
    app.finish().await;
}

#[tokio::test]
async fn a_room_is_in_use_while_somebody_is_connected() {
    let app = TestApp::with_flags(&["--room-ttl", "1s"]).await;
    let (watched, unused) = (app.create_room().await, app.create_room().await);
    let socket = watched.listen().await;
    until_gone(&app, unused.pin()).await;
    assert_eq!(watched.room().await.closed, None);

    drop(socket);
    until_gone(&app, watched.pin()).await;
    app.finish().await;
}

#[tokio::test]
async fn a_running_upload_is_use_of_a_room() {
    let timeouts = server::config::Timeouts { idle_upload: std::time::Duration::from_secs(30), ..TIMEOUTS };
    let app = TestApp::with(&["--room-ttl", "1s"], timeouts).await;
    let busy = app.create_room().await;
    let id = busy.add_file("a.txt", 1 << 20).await;
    // One chunk whose bytes come slowly: one after each request for the unused room that the server has answered.
    let mut slow = begin_chunk(&busy, id, 0, 1 << 20, b"x").await;
    let unused = app.create_room().await;
    eventually("an unused room is closed", async || {
        let status = app.get(&format!("/api/rooms/{}", unused.pin())).await.status();
        if status == StatusCode::GONE {
            return Ok(());
        }
        tokio::io::AsyncWriteExt::write_all(&mut slow, b"x").await.unwrap();
        Err(status)
    })
    .await;
    assert_eq!(busy.entry(id).await.id, id);
    app.finish().await;
}
