//! The space that an upload claims before its bytes are here. It is so little that nobody who announces much, and sends
//! nothing, keeps others out.

use std::time::Duration;

use futures::future::join_all;
use server::config::Timeouts;

use crate::{
    door::refused,
    seat::metadata,
    test_app::{TIMEOUTS, TestApp, eventually, files_on_disk},
};

const GIB: u64 = 1 << 30;
const KIB: u64 = 1 << 10;

#[tokio::test]
async fn who_announces_much_and_sends_nothing_keeps_nobody_out() {
    let app = TestApp::with_flags(&["--max-storage", "1TiB"]).await;
    for _ in 0..4 {
        let owner = app.create_room().await;
        for _ in 0..4 {
            owner.add_file("never sent", 64 * GIB).await;
        }
    }
    let other = app.create_room().await;
    let id = other.add_file("sent", 64 * GIB).await;
    assert_eq!(other.append(id, 0, "first bytes").await.status(), 204);
    app.finish().await;
}

#[tokio::test]
async fn an_upload_of_which_nothing_comes_gives_its_claim_back_and_can_go_on_all_the_same() {
    let timeouts = Timeouts { idle_claim: Duration::from_millis(300), ..TIMEOUTS };
    let app = TestApp::with(&["--max-storage", "100KiB"], timeouts).await;
    let (first, second) = (app.create_room().await, app.create_room().await);
    let idle = first.add_file("idle", 100 * KIB).await;
    let content = vec![1; 80 << 10];
    let uploaded = eventually("the claim is given back", async || {
        let response = second.creation_with(content.clone()).header("upload-length", content.len()).send().await.unwrap();
        if response.status() == 201 { Ok(crate::seat::id_in_location(&response)) } else { Err(response.status()) }
    })
    .await;
    assert_eq!(first.append(idle, 0, vec![2; 20 << 10]).await.status(), 204);
    refused(first.append(idle, 20 << 10, "x").await, 507, "no_space").await;
    assert_eq!(second.remove(uploaded).await, 204);
    assert_eq!(first.append(idle, 20 << 10, vec![2; 80 << 10]).await.status(), 204);
    assert_eq!(first.download(idle).await, vec![2; 100 << 10]);
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_grows_beyond_the_storage_ends_there() {
    let app = TestApp::with_flags(&["--max-storage", "1MiB"]).await;
    let owner = app.create_room().await;
    let rooms = [app.create_room().await, app.create_room().await];
    let [first, second] = [rooms[0].add_file("first", 900 * KIB).await, rooms[1].add_file("second", 900 * KIB).await];
    assert_eq!(rooms[0].append(first, 0, vec![1; 600 << 10]).await.status(), 204);
    refused(rooms[1].append(second, 0, vec![2; 600 << 10]).await, 507, "no_space").await;
    let here = rooms[1].offset(second).await + rooms[0].offset(first).await;
    assert!(here <= 1 << 20, "{here} bytes are here");
    refused(owner.creation().header("upload-length", 600 << 10).send().await.unwrap(), 507, "no_space").await;
    app.finish().await;
}

#[tokio::test]
async fn parts_that_are_joined_many_times_at_once_are_copied_once() {
    let app = TestApp::with_flags(&["--max-storage", "60B"]).await;
    let owner = app.create_room().await;
    let parts = [owner.upload_part(b"0123456789").await, owner.upload_part(b"abcdefghij").await];
    let concat = owner.final_of(&parts);
    let mut statuses: Vec<u16> = join_all((0..6).map(|_| async { owner.ask_to_concatenate(&concat).await.status().as_u16() })).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), &[404; 5]].concat());
    let files = owner.room().await.files;
    assert_eq!(files_on_disk(app.folder()), [files[0].id.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn parts_for_whose_copy_there_is_no_space_stay_parts() {
    let app = TestApp::with_flags(&["--max-storage", "19B"]).await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let part = owner.upload_part(b"0123456789").await;
    refused(owner.ask_to_concatenate(&owner.final_of(&[part])).await, 507, "no_space").await;
    assert_eq!(files_on_disk(app.folder()), [part.to_string()]);
    other.upload("fits", b"012345678").await;
    app.finish().await;
}

#[tokio::test]
async fn a_joined_file_must_keep_the_limit_of_names() {
    let app = TestApp::with_flags(&["--max-text-per-room", "300"]).await;
    let owner = app.create_room().await;
    let part = owner.upload_part(b"0123456789").await;
    let request = owner.creation().header("upload-concat", owner.final_of(&[part])).header("upload-metadata", metadata(&"n".repeat(300)));
    refused(request.send().await.unwrap(), 413, "room_full").await;
    owner.concatenate(&[part]).await;
    app.finish().await;
}

#[tokio::test]
async fn small_files_that_come_at_once_do_not_overfill_the_server() {
    let app = TestApp::with_flags(&["--max-storage", "1MiB", "--sync", "always"]).await;
    let owner = app.create_room().await;
    let content = vec![1; 200 << 10];
    let send = async || owner.creation_with(content.clone()).header("upload-length", content.len()).send().await.unwrap().status().as_u16();
    let statuses = join_all((0..20).map(|_| send())).await;
    let taken = statuses.iter().filter(|status| **status == 201).count();
    assert!((1..=5).contains(&taken) && statuses.iter().all(|status| matches!(status, 201 | 507)), "{statuses:?}");
    // Files that come together may take the space from each other for a moment. It is there again when they are refused.
    for _ in taken..5 {
        assert_eq!(send().await, 201);
    }
    assert_eq!(send().await, 507);
    app.finish().await;
}
