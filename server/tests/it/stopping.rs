//! Stopping a server for a restart: its clients are told to come back, and nothing is lost.

use std::time::Duration;

use app::room::{FileState, PassingEvent};
use nix::sys::signal::Signal;
use server::config::Timeouts;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    process::Process,
    raw::{answer, begin_chunk},
    test_app::{TIMEOUTS, TestApp},
};

#[tokio::test]
async fn a_server_that_is_asked_to_end_tells_its_sockets_to_come_back() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(folder.path());
        let owner = process.create_room().await;
        let mut socket = owner.listen().await;
        process.signal(signal);
        assert_eq!(socket.close_code().await, 1012);
        assert_eq!(process.exit_code().await, Some(0));
    }
}

#[tokio::test]
async fn a_running_chunk_may_end_while_the_server_stops() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut running = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;

    app.begin_stop();
    assert_eq!(socket.close_code().await, 1012);
    running.write_all(b"456789").await.unwrap();
    assert!(answer(&mut running).await.starts_with("HTTP/1.1 204"));

    let app = TestApp::on(app.stop().await, &[], TIMEOUTS).await;
    let owner = owner.at(&app);
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    assert_eq!(owner.download(id).await, b"0123456789");
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_stalled_chunk_does_not_hold_the_server_up() {
    let app = TestApp::with_timeouts(Timeouts { drain: Duration::from_millis(200), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let _stalled = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;

    let app = TestApp::on(app.stop().await, &[], TIMEOUTS).await;
    let owner = owner.at(&app);
    assert_eq!(owner.entry(id).await.state, FileState::Stopped);
    assert_eq!(owner.offset(id).await, 4);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_takes_no_new_connections() {
    let app = TestApp::start().await;
    let address = app.address();
    app.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_room_goes_on_after_the_server_was_stopped_and_started() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    let id = owner.upload("a.txt", b"still here").await;
    socket.until_digested(id).await;
    drop(socket);
    let before = owner.room().await;

    let app = TestApp::on(app.stop().await, &[], TIMEOUTS).await;
    assert_eq!(owner.at(&app).room().await, before);
    assert_eq!(guest.at(&app).download(id).await, b"still here");
    assert_eq!(owner.at(&app).close().await, 204);
    app.finish().await;
}
