//! The storage limits of a room, of the server and of the disk. An upload that announces too much is refused before
//! any byte is taken.

use app::wire;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    door::refused,
    seat::Seat,
    test_app::{TIMEOUTS, TestApp, files_on_disk},
};

const SMALL: [&str; 6] = ["--max-file-size", "10B", "--max-room-size", "12B", "--max-storage", "15B"];

/// Announces a file of ten bytes, and returns the status of the answer.
async fn announce_ten(owner: &Seat) -> u16 {
    owner.creation().header("upload-length", 10).send().await.unwrap().status().as_u16()
}

fn bytes_here(files: &[app::room::FileEntry]) -> u64 {
    files.iter().map(|file| file.offset_bytes).sum()
}

#[tokio::test]
async fn all_rooms_together_hold_no_more_than_the_server_may_store() {
    let app = TestApp::with_flags(&SMALL).await;
    let (first, second) = (app.create_room().await, app.create_room().await);
    let large = first.add_file("large", 10).await;
    let too_much = second.creation_with("012345").header("upload-length", 6);
    refused(too_much.send().await.unwrap(), 507, "no_space").await;
    let part = second.creation().header("upload-concat", "partial").header("upload-length", 6);
    refused(part.send().await.unwrap(), 507, "no_space").await;
    assert_eq!(second.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), [large.to_string()]);

    second.upload("fits", b"01234").await;
    refused(second.creation().header("upload-length", 1).send().await.unwrap(), 507, "no_space").await;
    assert_eq!(first.append(large, 0, "0123456789").await.status(), 204);
    assert_eq!(first.download(large).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn what_is_removed_or_closed_makes_room_for_others() {
    let app = TestApp::with_flags(&SMALL).await;
    let (first, second, third) = (app.create_room().await, app.create_room().await, app.create_room().await);
    let large = first.upload("large", b"0123456789").await;
    let part = second.upload_part(b"01234").await;
    assert_eq!(announce_ten(&third).await, 507);
    assert_eq!(first.remove(large).await, 204);
    assert_eq!(announce_ten(&third).await, 201);
    assert_eq!(announce_ten(&first).await, 507);
    assert_eq!(third.close().await, 204);
    assert_eq!(announce_ten(&first).await, 201);
    assert_eq!(second.remove(part).await, 204);
    second.upload("fits", b"01234").await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_stored_counts_after_a_restart() {
    let app = TestApp::with_flags(&SMALL).await;
    let (first, second) = (app.create_room().await, app.create_room().await);
    first.upload("large", b"0123456789").await;
    let app = TestApp::on(app.stop().await, &SMALL, TIMEOUTS).await;
    let (first, second) = (first.at(&app), second.at(&app));
    assert_eq!(announce_ten(&second).await, 507);
    assert_eq!(first.close().await, 204);
    assert_eq!(announce_ten(&second).await, 201);
    assert_eq!(second.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_disk_that_must_keep_more_free_than_it_has_takes_nothing() {
    let app = TestApp::with_flags(&["--min-free-space", "1000TiB"]).await;
    let owner = app.create_room().await;
    for request in [
        owner.creation().header("upload-length", 1),
        owner.creation_with("1").header("upload-length", 1),
        owner.creation().header("upload-length", 1).header("upload-concat", "partial"),
        owner.creation_with("1").header("upload-defer-length", 1),
        owner.request(Method::POST, &wire::snippets(&owner.entered.pin)).json(&json!({"text": "x"})),
    ] {
        refused(request.send().await.unwrap(), 507, "no_space").await;
    }
    assert_eq!((owner.room().await.files, owner.room().await.snippets), (Vec::new(), Vec::new()));
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_disk_that_has_more_free_than_it_must_takes_files() {
    let app = TestApp::with_flags(&["--min-free-space", "1B"]).await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"fits").await;
    assert_eq!(owner.download(id).await, b"fits");
    app.finish().await;
}

#[tokio::test]
async fn files_that_are_announced_at_once_do_not_overfill_a_room() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "100B"]).await;
    let owner = app.create_room().await;
    let mut statuses = join_all((0..20).map(|_| announce_ten(&owner))).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 10], [413; 10]].concat());
    assert_eq!(owner.room().await.files.len(), 10);
    assert_eq!(files_on_disk(app.folder()).len(), 10);
    app.finish().await;
}

#[tokio::test]
async fn files_that_are_announced_at_once_in_many_rooms_do_not_overfill_the_server() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "100B", "--max-storage", "105B"]).await;
    let rooms = join_all((0..20).map(|_| app.create_room())).await;
    let mut statuses = join_all(rooms.iter().map(announce_ten)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 10], [507; 10]].concat());
    assert_eq!(files_on_disk(app.folder()).len(), 10);
    app.finish().await;
}

#[tokio::test]
async fn an_upload_of_unknown_length_ends_at_the_largest_file() {
    let app = TestApp::with_flags(&["--max-file-size", "10B"]).await;
    let owner = app.create_room().await;
    let id = owner.add_deferred("a.txt").await;
    assert_eq!(owner.append(id, 0, "01234").await.status(), 204);
    assert_eq!(owner.append(id, 5, "56789x").await.status(), 413);
    let told = owner.chunk(id, 5).header("upload-length", 11).body("").send().await.unwrap();
    refused(told, 413, "file_too_large").await;
    assert_eq!(owner.offset(id).await, 5);
    assert_eq!(owner.append(id, 5, "56789").await.status(), 204);
    assert_eq!(owner.append(id, 10, "x").await.status(), 413);
    let told = owner.chunk(id, 10).header("upload-length", 10).body("").send().await.unwrap();
    assert_eq!(told.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn an_upload_of_unknown_length_does_not_overfill_a_room() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "15B"]).await;
    let owner = app.create_room().await;
    owner.add_file("large", 10).await;
    let id = owner.add_deferred("a.txt").await;
    assert_eq!(owner.append(id, 0, "012345").await.status(), 413);
    assert!(owner.offset(id).await <= 5);
    let offset = owner.offset(id).await;
    let told = owner.chunk(id, offset).header("upload-length", 6).body("").send().await.unwrap();
    refused(told, 413, "room_full").await;
    assert!(owner.offset(id).await <= 5);
    app.finish().await;
}

#[tokio::test]
async fn uploads_of_unknown_length_do_not_overfill_a_room_at_once() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "25B"]).await;
    let owner = app.create_room().await;
    let ids = join_all((0..8).map(|_| owner.add_deferred("a.txt"))).await;
    let answers = join_all(ids.iter().map(|id| owner.append(*id, 0, "0123456789"))).await;
    assert!(answers.iter().all(|answer| matches!(answer.status().as_u16(), 204 | 413)), "{answers:?}");
    let here = bytes_here(&owner.room().await.files);
    assert!(here <= 25, "{here} bytes are here");
    app.finish().await;
}

#[tokio::test]
async fn an_upload_of_unknown_length_does_not_overfill_the_server() {
    let app = TestApp::with_flags(&SMALL).await;
    let (first, second) = (app.create_room().await, app.create_room().await);
    first.add_file("large", 10).await;
    let id = second.add_deferred("a.txt").await;
    let status = second.append(id, 0, "012345").await.status().as_u16();
    assert!(matches!(status, 413 | 507), "{status}");
    assert!(second.offset(id).await <= 5);
    app.finish().await;
}
