//! Downloads that start before the upload has ended.

use app::room::FileId;
use reqwest::{Method, Response};
use tokio::time::timeout;

use crate::{
    raw::begin_chunk,
    seat::{Seat, header},
    test_app::{LONG, TIMEOUTS, TestApp},
};

/// The next bytes of a download.
async fn next(response: &mut Response) -> reqwest::Result<Option<bytes::Bytes>> {
    timeout(LONG, response.chunk()).await.expect("the download goes on in time")
}

async fn half_a_file(owner: &Seat) -> FileId {
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "01234").await.status(), 204);
    id
}

#[tokio::test]
async fn a_download_starts_while_the_upload_is_running_and_gets_bytes_as_they_arrive() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = half_a_file(&owner).await;

    let mut download = guest.get(&guest.file(id)).await;
    assert_eq!(download.status(), 200);
    assert_eq!(header(&download, "content-length"), "10");
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "01234");
    owner.append(id, 5, "567").await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "567");
    owner.append(id, 8, "89").await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "89");
    assert_eq!(next(&mut download).await.unwrap(), None);
    app.finish().await;
}

#[tokio::test]
async fn a_download_gets_the_bytes_of_a_chunk_that_has_not_ended() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let mut download = owner.get(&owner.file(id)).await;
    let _stalled = begin_chunk(&owner, id, 0, 10, b"0123").await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "0123");
    owner.append(id, 4, "456789").await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "456789");
    app.finish().await;
}

#[tokio::test]
async fn a_part_that_has_not_arrived_yet_is_waited_for() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = half_a_file(&owner).await;
    let request = owner.request(Method::GET, &owner.file(id)).header("range", "bytes=7-8");
    let mut download = request.send().await.unwrap();
    assert_eq!(download.status(), 206);
    owner.append(id, 5, "56789").await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "78");
    app.finish().await;
}

#[tokio::test]
async fn a_download_is_cut_and_not_ended_when_the_upload_is_removed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = half_a_file(&owner).await;
    let mut download = owner.get(&owner.file(id)).await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "01234");
    assert_eq!(owner.remove(id).await, 204);
    assert!(next(&mut download).await.is_err());
    app.finish().await;
}

#[tokio::test]
async fn a_download_is_cut_when_the_room_is_closed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = half_a_file(&owner).await;
    let mut download = owner.get(&owner.file(id)).await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "01234");
    assert_eq!(owner.close().await, 204);
    assert!(next(&mut download).await.is_err());
    app.finish().await;
}

#[tokio::test]
async fn a_download_is_cut_when_the_upload_has_stalled() {
    let app = TestApp::with_timeouts(server::config::Timeouts { idle_download: std::time::Duration::from_millis(100), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let id = half_a_file(&owner).await;
    let mut download = owner.get(&owner.file(id)).await;
    assert_eq!(next(&mut download).await.unwrap().unwrap(), "01234");
    assert!(next(&mut download).await.is_err());
    app.finish().await;
}
