//! Creations that are sent again with the same `Idempotency-Key`, because their answer was lost, create one file only.

use app::room::{FileId, FileState};
use reqwest::RequestBuilder;

use crate::{
    door::refused,
    process::Process,
    raw::begin_upload,
    seat::{Seat, header, id_in_location, metadata},
    test_app::TestApp,
};

const KEY: &str = "idempotency-key";

/// A request that creates a file of nine bytes and brings `bytes`, the first of them.
fn creation(owner: &Seat, key: &str, bytes: &'static str) -> RequestBuilder {
    let request = if bytes.is_empty() { owner.creation() } else { owner.creation_with(bytes) };
    request.header(KEY, key).header("upload-length", 9).header("upload-metadata", metadata("a.txt"))
}

/// Sends a creation, which has to succeed. Returns the file's id and the `Upload-Offset` of the answer.
async fn created(request: RequestBuilder) -> (FileId, String) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    (id_in_location(&response), header(&response, "upload-offset").to_owned())
}

#[tokio::test]
async fn a_creation_that_is_sent_again_is_the_same_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (id, _) = created(creation(&owner, "one", "")).await;
    assert_eq!(created(creation(&owner, "one", "")).await, (id, "0".to_owned()));
    assert_eq!(owner.append(id, 0, "1234").await.status(), 204);
    assert_eq!(created(creation(&owner, "one", "")).await, (id, "4".to_owned()));
    assert_eq!(owner.append(id, 4, "56789").await.status(), 204);
    assert_eq!(created(creation(&owner, "one", "")).await, (id, "9".to_owned()));
    let (other, _) = created(creation(&owner, "two", "")).await;
    assert_eq!(owner.room().await.files.iter().map(|file| file.id).collect::<Vec<_>>(), [id, other]);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn bytes_that_come_along_once_more_change_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (id, offset) = created(creation(&owner, "one", "123456789")).await;
    assert_eq!(offset, "9");
    assert_eq!(created(creation(&owner, "one", "987654321")).await, (id, "9".to_owned()));
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn creations_that_are_sent_at_once_make_one_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let sent: Vec<_> = (0..8).map(|_| tokio::spawn(creation(&owner, "one", "123456789").send())).collect();
    let mut ids = Vec::new();
    for answer in sent {
        let response = answer.await.unwrap().unwrap();
        if response.status() == 201 {
            ids.push(id_in_location(&response));
        } else {
            refused(response, 503, "unavailable").await;
        }
    }
    let (id, offset) = created(creation(&owner, "one", "123456789")).await;
    assert_eq!(offset, "9");
    assert!(!ids.is_empty() && ids.iter().all(|other| *other == id), "{ids:?}");
    assert_eq!(owner.room().await.files.len(), 1);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_creation_that_is_sent_again_after_the_server_died_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let (id, _) = created(creation(&owner, "one", "1234")).await;
    process.kill();
    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(created(creation(&owner, "one", "1234")).await, (id, "4".to_owned()));
    assert_eq!(owner.room().await.files.len(), 1);
}

#[tokio::test]
async fn a_sender_who_leaves_before_the_answer_leaves_no_half_of_a_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for round in 0..40 {
        let key = format!("round {round}");
        let headers = [(KEY, key.as_str()), ("upload-length", "9")];
        // The sender disconnects a little later in each round.
        let stream = begin_upload(&owner, "POST", &owner.files(), &headers, 0, b"").await;
        let begun = std::time::Instant::now();
        while begun.elapsed().as_micros() < 25 * round {
            tokio::task::yield_now().await;
        }
        drop(stream);
        let answered = async {
            loop {
                let response = creation(&owner, &key, "").send().await.unwrap();
                if response.status() == 201 {
                    break id_in_location(&response);
                }
                refused(response, 503, "unavailable").await;
            }
        };
        let id = tokio::time::timeout(std::time::Duration::from_secs(10), answered).await.expect("the key is not stuck");
        assert_eq!(owner.append(id, 0, "123456789").await.status(), 204);
    }
    assert_eq!(owner.room().await.files.len(), 40);
    app.finish().await;
}

#[tokio::test]
async fn an_empty_file_whose_sender_left_is_complete_when_its_creation_is_sent_again() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let empty = || owner.creation().header(KEY, "empty").header("upload-length", 0);
    let (id, offset) = created(empty()).await;
    assert_eq!((created(empty()).await, offset.as_str()), ((id, "0".to_owned()), "0"));
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    app.finish().await;
}

#[tokio::test]
async fn parts_that_are_joined_again_are_the_same_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let parts = [owner.upload_part(b"1234").await, owner.upload_part(b"56789").await];
    let joining = || owner.creation().header(KEY, "whole").header("upload-concat", owner.final_of(&parts));
    let (id, _) = created(joining()).await;
    assert_eq!(created(joining()).await, (id, "9".to_owned()));
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_key_is_its_member_s_own() {
    let app = TestApp::start().await;
    let (one, other) = (app.create_room().await, app.create_room().await);
    let (id, _) = created(creation(&one, "one", "")).await;
    let (same_key, _) = created(creation(&other, "one", "")).await;
    assert_ne!(id, same_key);
    app.finish().await;
}

#[tokio::test]
async fn the_key_of_a_removed_file_creates_a_new_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (id, _) = created(creation(&owner, "one", "123456789")).await;
    assert_eq!(owner.remove(id).await, 204);
    let (id, offset) = created(creation(&owner, "one", "")).await;
    assert_eq!(offset, "0");
    assert_eq!(owner.append(id, 0, "987654321").await.status(), 204);
    assert_eq!(owner.download(id).await, b"987654321");
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_is_none_and_a_file_of_another_length_are_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for key in ["", &"k".repeat(129)] {
        refused(creation(&owner, key, "").send().await.unwrap(), 400, "malformed_request").await;
    }
    created(creation(&owner, &"k".repeat(128), "")).await;
    let longer = owner.creation().header(KEY, "k".repeat(128)).header("upload-length", 10);
    refused(longer.send().await.unwrap(), 422, "out_of_range").await;
    assert_eq!(owner.room().await.files.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_is_used_again_after_its_file_was_removed_makes_another_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (id, _) = created(creation(&owner, "one", "123456789")).await;
    let etag = header(&owner.get(&owner.file(id)).await, "etag").to_owned();
    assert_eq!(owner.remove(id).await, 204);
    let (other, _) = created(creation(&owner, "one", "abcdefghi")).await;
    assert_ne!(other, id);
    assert_ne!(header(&owner.get(&owner.file(other)).await, "etag"), etag);
    refused(owner.get(&owner.file(id)).await, 404, "no_such_file").await;
    assert_eq!(owner.download(other).await, b"abcdefghi");
    app.finish().await;
}
