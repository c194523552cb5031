//! Requests about parts that are refused and change nothing.

use app::room::{FileId, FileState};

use crate::{
    door::refused,
    seat::{Seat, metadata},
    test_app::{TestApp, files_on_disk},
};

async fn refuse(owner: &Seat, concat: &str, status: u16, code: &str) {
    refused(owner.ask_to_concatenate(concat).await, status, code).await;
}

/// Checks that the refused requests created no file and lost no part: the parts can still be joined.
async fn assert_still_joined(owner: &Seat, parts: &[FileId], expected: &[u8]) {
    assert_eq!(owner.room().await.files.iter().filter(|file| file.name.as_str() == "joined.txt").count(), 0);
    assert_eq!(owner.download(owner.concatenate(parts).await).await, expected);
}

#[tokio::test]
async fn joining_nothing_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for concat in ["final;", "final; ", "final"] {
        refuse(&owner, concat, 400, "malformed_request").await;
    }
    assert_eq!(owner.room().await.files, []);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_header_that_is_neither_partial_nor_final_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let part = owner.upload_part(b"1234").await;
    let paths = owner.file(part);
    for concat in ["".to_owned(), "whole".to_owned(), "Partial".to_owned(), "partial;".to_owned(), format!("Final;{paths}"), paths] {
        let response = owner.creation().header("upload-concat", &concat).header("upload-length", 4).send().await.unwrap();
        refused(response, 400, "malformed_request").await;
    }
    assert_still_joined(&owner, &[part], b"1234").await;
    app.finish().await;
}

#[tokio::test]
async fn a_part_cannot_be_joined_to_itself() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (first, second) = (owner.upload_part(b"1234").await, owner.upload_part(b"56789").await);
    refuse(&owner, &owner.final_of(&[first, first]), 400, "malformed_request").await;
    refuse(&owner, &owner.final_of(&[first, second, first]), 400, "malformed_request").await;
    assert_still_joined(&owner, &[first, second], b"123456789").await;
    app.finish().await;
}

#[tokio::test]
async fn a_part_of_another_room_or_of_none_is_not_found() {
    let app = TestApp::start().await;
    let (owner, other) = (app.create_room().await, app.create_room().await);
    let (mine, theirs) = (owner.upload_part(b"1234").await, other.upload_part(b"56789").await);
    let removed = owner.upload_part(b"gone").await;
    owner.remove(removed).await;
    let named = |path: String| format!("final;{} {path}", owner.file(mine));
    for concat in [
        named(other.file(theirs)),
        named(format!("http://{}{}", app.address(), other.file(theirs))),
        // The other room's part, addressed as if it were in this room.
        named(owner.file(theirs)),
        named(owner.file(removed)),
        named(format!("{}/{}", owner.files(), "0".repeat(32))),
    ] {
        refuse(&owner, &concat, 404, "no_such_file").await;
    }
    assert_eq!(other.offset(theirs).await, 5);
    assert_still_joined(&owner, &[mine], b"1234").await;
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_no_part_cannot_be_joined() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (file, running, part) = (owner.upload("a.txt", b"file").await, owner.add_file("b.txt", 4).await, owner.upload_part(b"1234").await);
    refuse(&owner, &owner.final_of(&[file]), 400, "malformed_request").await;
    refuse(&owner, &owner.final_of(&[part, file]), 400, "malformed_request").await;
    refuse(&owner, &owner.final_of(&[part, running]), 400, "malformed_request").await;
    assert_eq!(owner.download(file).await, b"file");
    assert_still_joined(&owner, &[part], b"1234").await;
    app.finish().await;
}

#[tokio::test]
async fn what_was_joined_cannot_be_joined_again() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.concatenate(&[owner.upload_part(b"1234").await]).await;
    refuse(&owner, &owner.final_of(&[id]), 400, "malformed_request").await;
    assert_eq!(owner.download(id).await, b"1234");
    app.finish().await;
}

#[tokio::test]
async fn an_unfinished_part_is_waited_for_by_the_client() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (complete, unfinished) = (owner.upload_part(b"1234").await, owner.add_part(5).await);
    owner.append(unfinished, 0, "56").await;
    refuse(&owner, &owner.final_of(&[complete, unfinished]), 409, "part_unfinished").await;
    assert_eq!(owner.append(unfinished, 2, "789").await.status(), 204);
    assert_still_joined(&owner, &[complete, unfinished], b"123456789").await;
    app.finish().await;
}

#[tokio::test]
async fn a_joined_file_has_no_length_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let part = owner.upload_part(b"1234").await;
    for (name, value) in [("upload-length", "4"), ("upload-length", "5"), ("upload-defer-length", "1")] {
        let request = owner.creation().header("upload-concat", owner.final_of(&[part])).header("upload-metadata", metadata("joined.txt"));
        refused(request.header(name, value).send().await.unwrap(), 400, "malformed_request").await;
    }
    assert_still_joined(&owner, &[part], b"1234").await;
    app.finish().await;
}

#[tokio::test]
async fn a_part_needs_a_length_like_any_upload() {
    let app = TestApp::with_flags(&["--max-file-size", "10B"]).await;
    let owner = app.create_room().await;
    let partial = || owner.creation().header("upload-concat", "partial");
    refused(partial().send().await.unwrap(), 400, "malformed_request").await;
    refused(partial().header("upload-length", "-1").send().await.unwrap(), 422, "out_of_range").await;
    refused(partial().header("upload-length", "11").send().await.unwrap(), 413, "file_too_large").await;
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_joined_file_takes_no_bytes() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.concatenate(&[owner.upload_part(b"1234").await]).await;
    for (offset, bytes) in [(4, "5"), (0, "1234"), (4, "")] {
        refused(owner.append(id, offset, bytes).await, 403, "final_upload").await;
    }
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    assert_eq!(owner.download(id).await, b"1234");
    app.finish().await;
}

#[tokio::test]
async fn parts_count_for_the_room_and_joining_them_needs_no_more() {
    let app = TestApp::with_flags(&["--max-file-size", "15B", "--max-room-size", "15B"]).await;
    let owner = app.create_room().await;
    let first = owner.upload_part(b"0123456789").await;
    for partial in [true, false] {
        let request = owner.creation().header("upload-length", 6);
        let request = if partial { request.header("upload-concat", "partial") } else { request };
        refused(request.send().await.unwrap(), 413, "room_full").await;
    }
    let second = owner.upload_part(b"abcde").await;
    let id = owner.concatenate(&[first, second]).await;
    refused(owner.creation().header("upload-length", 1).send().await.unwrap(), 413, "room_full").await;
    assert_eq!(owner.remove(id).await, 204);
    owner.upload("fits", b"0123456789abcde").await;
    app.finish().await;
}

#[tokio::test]
async fn parts_do_not_make_a_file_larger_than_the_server_takes() {
    let app = TestApp::with_flags(&["--max-file-size", "10B"]).await;
    let owner = app.create_room().await;
    let (first, second, third) = (owner.upload_part(b"01234").await, owner.upload_part(b"56789").await, owner.upload_part(b"x").await);
    refuse(&owner, &owner.final_of(&[first, second, third]), 413, "file_too_large").await;
    assert_still_joined(&owner, &[first, second], b"0123456789").await;
    app.finish().await;
}

#[tokio::test]
async fn a_guest_neither_sends_nor_joins_parts() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let part = owner.upload_part(b"1234").await;
    refused(guest.creation().header("upload-concat", "partial").header("upload-length", 1).send().await.unwrap(), 403, "owner_only").await;
    refused(guest.ask_to_concatenate(&guest.final_of(&[part])).await, 403, "owner_only").await;
    assert_still_joined(&owner, &[part], b"1234").await;
    app.finish().await;
}
