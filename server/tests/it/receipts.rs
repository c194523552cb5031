//! Who has a file: receipts, which are in the file's row, and running downloads. Both are the business of the owner and of
//! the member who gets the file.

use app::{
    room::{Download, FileId, MemberId, PassingEvent, RoomEvent},
    wire::ServerMessage,
};
use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;

use crate::{
    live_socket::LiveSocket,
    seat::{Seat, next_bytes},
    test_app::TestApp,
};

/// Waits for the next receipt.
async fn receipt(socket: &mut LiveSocket) -> (FileId, MemberId) {
    loop {
        if let RoomEvent::FileReceived { id, member } = socket.event().await {
            return (id, member);
        }
    }
}

async fn get_range(seat: &Seat, path: &str, range: &str) -> Vec<u8> {
    let response = seat.request(Method::GET, path).header("range", range).send().await.unwrap();
    assert_eq!(response.status(), 206);
    response.bytes().await.unwrap().into()
}

fn on_the_way(file: FileId, member: MemberId, received_bytes: u64, running: bool) -> PassingEvent {
    PassingEvent::Download { download: Download { file, member, received_bytes }, running }
}

#[tokio::test]
async fn whoever_got_all_of_a_file_is_in_its_row_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (ada, bob) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let id = owner.upload("a.txt", b"0123456789").await;
    let mut socket = owner.listen().await;
    owner.download(id).await;
    for _ in 0..2 {
        ada.download(id).await;
    }
    assert_eq!(receipt(&mut socket).await, (id, ada.entered.member));
    bob.download(id).await;
    assert_eq!(receipt(&mut socket).await, (id, bob.entered.member));
    assert_eq!(owner.entry(id).await.received_by, [ada.entered.member, bob.entered.member]);
    app.finish().await;
}

#[tokio::test]
async fn an_empty_file_is_received_by_asking_for_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("empty.txt", 0).await;
    let mut socket = owner.listen().await;
    guest.download(id).await;
    assert_eq!(receipt(&mut socket).await, (id, guest.entered.member));
    app.finish().await;
}

#[tokio::test]
async fn pieces_are_a_receipt_only_together() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let mut socket = owner.listen().await;
    let path = owner.file(id);
    get_range(&guest, &path, "bytes=6-9").await;
    socket.until_passing(on_the_way(id, guest.entered.member, 4, false)).await;
    get_range(&guest, &path, "bytes=0-2").await;
    socket.until_passing(on_the_way(id, guest.entered.member, 7, false)).await;
    assert!(owner.entry(id).await.received_by.is_empty());
    get_range(&guest, &path, "bytes=2-6").await;
    assert_eq!(receipt(&mut socket).await, (id, guest.entered.member));
    app.finish().await;
}

#[tokio::test]
async fn asking_without_fetching_is_no_receipt() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let (asked, fetched) = (owner.upload("a.txt", b"0123456789").await, owner.upload("b.txt", b"x").await);
    let mut socket = owner.listen().await;
    assert_eq!(guest.request(Method::HEAD, &owner.file(asked)).send().await.unwrap().status(), 200);
    guest.download(fetched).await;
    assert_eq!(receipt(&mut socket).await, (fetched, guest.entered.member));
    assert!(owner.entry(asked).await.received_by.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn the_archive_is_a_receipt_for_every_file_in_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let (first, second) = (owner.upload("a.txt", b"0123456789").await, owner.upload("b.txt", b"x").await);
    let mut socket = owner.listen().await;
    guest.archive().await.bytes().await.unwrap();
    let mut received = [receipt(&mut socket).await, receipt(&mut socket).await];
    received.sort_by_key(|(id, _)| *id == second);
    assert_eq!(received, [(first, guest.entered.member), (second, guest.entered.member)]);
    app.finish().await;
}

#[tokio::test]
async fn the_owner_sees_how_far_a_download_is_and_that_it_broke_off() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let mut socket = owner.listen().await;

    let mut download = guest.get(&owner.file(id)).await;
    next_bytes(&mut download).await.unwrap();
    socket.until_passing(on_the_way(id, guest.entered.member, 4, true)).await;
    let seen = Download { file: id, member: guest.entered.member, received_bytes: 4 };
    assert_eq!(owner.room().await.downloads, [seen]);
    let ServerMessage::Snapshot(snapshot) = owner.live(None).await.next().await else { panic!("no snapshot") };
    assert_eq!(snapshot.room.downloads, [seen]);

    drop(download);
    socket.until_passing(on_the_way(id, guest.entered.member, 4, false)).await;
    let room = owner.room().await;
    assert_eq!((room.downloads, room.broken_downloads), (vec![], vec![seen]));
    assert!(owner.entry(id).await.received_by.is_empty());
    assert_eq!(guest.room().await.broken_downloads, [seen], "a guest knows of the own ones");
    let other = app.join(&owner, "Bob").await;
    assert!(other.room().await.broken_downloads.is_empty(), "other guests are not told");
    // A page that comes back is told again, without a new snapshot.
    let revision = owner.view().await.snapshot.revision;
    owner.live(Some(revision)).await.until_passing(on_the_way(id, guest.entered.member, 4, false)).await;
    app.finish().await;
}

#[tokio::test]
async fn a_download_that_broke_off_is_forgotten_when_it_is_taken_up_again() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let mut socket = owner.listen().await;
    get_range(&guest, &owner.file(id), "bytes=0-3").await;
    socket.until_passing(on_the_way(id, guest.entered.member, 4, false)).await;
    let broken = Download { file: id, member: guest.entered.member, received_bytes: 4 };
    assert_eq!(owner.room().await.broken_downloads, [broken]);
    get_range(&guest, &owner.file(id), "bytes=4-9").await;
    assert_eq!(receipt(&mut socket).await, (id, guest.entered.member));
    assert!(owner.room().await.broken_downloads.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn guests_do_not_see_what_others_are_downloading() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (guest, other) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let (mut sees, mut blind) = (owner.listen().await, other.listen().await);

    let mut download = guest.get(&owner.file(id)).await;
    next_bytes(&mut download).await.unwrap();
    sees.until_passing(on_the_way(id, guest.entered.member, 4, true)).await;
    assert!(other.room().await.downloads.is_empty());
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    loop {
        match blind.next().await {
            ServerMessage::Passing { event: PassingEvent::Download { .. } } => panic!("a guest was told of another's download"),
            ServerMessage::Event { event: RoomEvent::FileReceived { .. }, .. } => panic!("a guest was told of another's receipt"),
            ServerMessage::Unseen { .. } => break,
            _ => {}
        }
        while next_bytes(&mut download).await.unwrap().is_some() {}
    }
    let received = [guest.entered.member];
    assert_eq!(owner.entry(id).await.received_by, received);
    assert_eq!(guest.entry(id).await.received_by, received);
    assert!(other.entry(id).await.received_by.is_empty());
    assert!(other.live(None).await.snapshot().await.room.files[0].received_by.is_empty());
    assert_eq!(guest.live(None).await.snapshot().await.room.files[0].received_by, received);
    app.finish().await;
}

#[tokio::test]
async fn a_guest_sees_how_far_the_own_download_is_and_nobody_elses() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (guest, other) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "0123").await.status(), 204);
    let known = guest.view().await.snapshot.revision;
    let (mut sees, mut blind) = (guest.listen().await, other.listen().await);

    let mut download = guest.get(&owner.file(id)).await;
    next_bytes(&mut download).await.unwrap();
    let seen = Download { file: id, member: guest.entered.member, received_bytes: 4 };
    sees.until_passing(on_the_way(id, guest.entered.member, 4, true)).await;
    assert_eq!(guest.room().await.downloads, [seen]);
    assert_eq!(guest.live(None).await.snapshot().await.room.downloads, [seen]);
    guest.live(Some(known)).await.until_passing(on_the_way(id, guest.entered.member, 4, true)).await;
    assert!(other.room().await.downloads.is_empty());
    assert!(other.live(None).await.snapshot().await.room.downloads.is_empty());

    drop(download);
    sees.until_passing(on_the_way(id, guest.entered.member, 4, false)).await;
    assert!(guest.room().await.downloads.is_empty());
    // Messages come in order: one about the download would have come before the lock.
    owner.listen().await.say(json!({"type": "set_locked", "locked": true})).await;
    loop {
        match blind.next().await {
            ServerMessage::Passing { event: PassingEvent::Download { .. } } => panic!("a guest was told of another's download"),
            ServerMessage::Event { event: RoomEvent::SettingsChanged { .. }, .. } => break,
            _ => {}
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_guest_who_gets_a_file_is_told_of_the_own_receipt_also_after_coming_back() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (guest, other) = (app.join(&owner, "Ada").await, app.join(&owner, "Bob").await);
    let id = owner.upload("a.txt", b"0123456789").await;
    let known = guest.view().await.snapshot.revision;
    let (mut socket, mut owners) = (guest.listen().await, owner.listen().await);
    other.download(id).await;
    guest.download(id).await;
    assert_eq!(receipt(&mut socket).await, (id, guest.entered.member));
    for member in [other.entered.member, guest.entered.member] {
        assert_eq!(receipt(&mut owners).await, (id, member));
    }
    assert_eq!(receipt(&mut guest.live(Some(known)).await).await, (id, guest.entered.member));
    app.finish().await;
}

#[tokio::test]
async fn guests_are_not_told_of_parts_that_are_to_be_joined() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let known = guest.view().await.snapshot.revision;
    let mut socket = guest.listen().await;
    let part = owner.upload_part(b"0123456789").await;
    assert_eq!(owner.room().await.parts[0].id, part);
    assert!(guest.room().await.parts.is_empty());
    let whole = owner.concatenate(&[part]).await;
    let mut coming_back = guest.live(Some(known)).await;
    for socket in [&mut socket, &mut coming_back] {
        loop {
            match socket.next().await {
                ServerMessage::Event { event: RoomEvent::PartsJoined { file }, .. } => break assert_eq!(file.id, whole),
                ServerMessage::Unseen { .. } | ServerMessage::Passing { event: PassingEvent::PresenceChanged { .. } } => {}
                other => panic!("a guest was told of a part: {other:?}"),
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_receipt_outlives_a_restart() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let mut socket = owner.listen().await;
    guest.download(id).await;
    receipt(&mut socket).await;
    drop(socket);
    let app = TestApp::on(app.stop().await, &[], Timeouts::default()).await;
    let owner = owner.at(&app);
    assert_eq!(owner.entry(id).await.received_by, [guest.entered.member]);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}
