//! Files that are sent as parts, several at once, and then joined (tus extension "concatenation").

use app::room::{FileId, FileState, RoomEvent};
use futures::future::join_all;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    door::refused,
    process::Process,
    seat::{Seat, header, id_in_location, noise},
    test_app::{TestApp, files_on_disk},
};

/// Downloads a file with its digest, for which the server waits before it answers.
async fn with_digest(owner: &Seat, id: FileId) -> Response {
    owner.request(Method::GET, &owner.file(id)).header("want-repr-digest", "sha-256=1").send().await.unwrap()
}

#[tokio::test]
async fn parts_become_one_file_in_the_order_in_which_they_are_named() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (swapped, bytes, crc32, digest) in [
        (false, "123456789", 0xcbf4_3926, "sha-256=:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=:"),
        (true, "567891234", 0x5276_309d, "sha-256=:B7UVi4/pDGOJjoIutTJTPGzoAjoA4KeVYrqAP3FnzGs=:"),
    ] {
        let mut parts = [owner.upload_part(b"1234").await, owner.upload_part(b"56789").await];
        if swapped {
            parts.reverse();
        }
        let id = owner.concatenate(&parts).await;
        let entry = owner.entry(id).await;
        assert_eq!((entry.name.as_str(), entry.state, entry.offset_bytes), ("joined.txt", FileState::Complete, 9));
        assert_eq!(entry.crc32, Some(crc32), "{bytes}");
        let response = with_digest(&owner, id).await;
        assert_eq!(header(&response, "repr-digest"), digest);
        assert_eq!(header(&response, "content-length"), "9");
        assert_eq!(response.text().await.unwrap(), bytes);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_answer_to_joining_points_to_the_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let part = owner.upload_part(b"1234").await;
    let response = owner.ask_to_concatenate(&owner.final_of(&[part])).await;
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");
    assert_eq!(header(&response, "upload-expires"), "");
    let id = id_in_location(&response);
    assert_eq!(header(&response, "location"), owner.file(id));
    assert_eq!(owner.row(id).await["size_bytes"], 4);
    app.finish().await;
}

#[tokio::test]
async fn a_client_that_asks_is_told_what_is_a_part_and_what_was_joined() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let part = owner.add_part(4).await;
    owner.append(part, 0, "12").await;
    let response = owner.ask_offset(part).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "upload-concat"), "partial");
    assert_eq!((header(&response, "upload-offset"), header(&response, "upload-length")), ("2", "4"));
    assert_eq!(owner.append(part, 2, "34").await.status(), 204);

    let response = owner.ask_offset(owner.concatenate(&[part]).await).await;
    assert_eq!(response.status(), 200);
    assert!(header(&response, "upload-concat").starts_with("final;"));
    assert_eq!((header(&response, "upload-offset"), header(&response, "upload-length")), ("4", "4"));
    let response = owner.ask_offset(owner.upload("a.txt", b"1234").await).await;
    assert_eq!(header(&response, "upload-concat"), "");
    app.finish().await;
}

#[tokio::test]
async fn parts_are_kept_apart_from_the_files() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    assert_eq!(owner.room_json().await["parts"], Value::Null);
    let parts = [owner.upload_part(b"1234").await, owner.add_part(5).await];
    let room = owner.room_json().await;
    assert_eq!(room["files"], Value::Array(Vec::new()));
    let listed: Vec<_> = room["parts"].as_array().unwrap().iter().map(|part| part["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, parts.map(|id| id.to_string()));
    // The length of an empty archive.
    assert_eq!(header(&owner.archive().await, "content-length"), "22");
    for part in parts {
        refused(owner.get(&owner.file(part)).await, 404, "no_such_file").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_left_of_parts_that_were_joined() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let parts = [owner.upload_part(b"1234").await, owner.upload_part(b"56789").await];
    assert_eq!(files_on_disk(app.folder()).len(), 2);
    let id = owner.concatenate(&parts).await;
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    assert_eq!(owner.room_json().await["parts"], Value::Null);
    for part in parts {
        assert_eq!(owner.ask_offset(part).await.status(), 404);
    }
    refused(owner.ask_to_concatenate(&owner.final_of(&parts)).await, 404, "no_such_file").await;
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_part_can_be_removed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for part in [owner.upload_part(b"1234").await, owner.add_part(5).await] {
        assert_eq!(owner.remove(part).await, 204);
        assert_eq!(owner.ask_offset(part).await.status(), 404);
    }
    assert_eq!(owner.room_json().await["parts"], Value::Null);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn parts_are_erased_with_their_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    owner.upload_part(b"1234").await;
    let running = owner.add_part(5).await;
    owner.append(running, 0, "5").await;
    assert_eq!(files_on_disk(app.folder()).len(), 2);
    assert_eq!(owner.close().await, 204);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn parts_may_be_named_by_whole_addresses() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (first, second) = (owner.upload_part(b"1234").await, owner.upload_part(b"56789").await);
    let concat = format!("final;http://{}{} https://drop.example{}", app.address(), owner.file(first), owner.file(second));
    let response = owner.ask_to_concatenate(&concat).await;
    assert_eq!(response.status(), 201);
    assert_eq!(owner.download(id_in_location(&response)).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn parts_that_are_sent_at_once_become_the_file_that_was_cut() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes = noise(5 << 20);
    let parts = join_all(bytes.chunks(700_001).map(|part| owner.upload_part(part))).await;
    assert_eq!(parts.len(), 8);
    let id = owner.concatenate(&parts).await;
    assert!(owner.download(id).await == bytes, "the bytes differ");
    app.finish().await;
}

#[tokio::test]
async fn a_part_may_come_with_its_creation_or_be_empty() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.creation_with("123456789").header("upload-length", 9).header("upload-concat", "partial").send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (201, "9"));
    let (whole, empty) = (id_in_location(&response), owner.add_part(0).await);
    let id = owner.concatenate(&[empty, whole]).await;
    assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_of_the_file_when_its_parts_are_joined() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    let id = owner.concatenate(&[owner.upload_part(b"1234").await, owner.upload_part(b"56789").await]).await;
    let file = loop {
        match socket.event().await {
            RoomEvent::PartsJoined { file } => break file,
            RoomEvent::FileAdded { file } => panic!("a part is told as a file: {file:?}"),
            _ => {}
        }
    };
    assert_eq!((file.id, file.state, file.crc32), (id, FileState::Complete, Some(0xcbf4_3926)));
    app.finish().await;
}

#[tokio::test]
async fn of_several_who_join_the_same_parts_at_once_one_gets_the_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let parts = [owner.upload_part(b"1234").await, owner.upload_part(b"56789").await];
    let concat = owner.final_of(&parts);
    let answers = join_all((0..4).map(|_| owner.ask_to_concatenate(&concat))).await;
    let joined: Vec<_> = answers.iter().filter(|answer| answer.status() == 201).map(id_in_location).collect();
    let files: Vec<_> = owner.room().await.files.iter().map(|file| file.id).collect();
    assert_eq!((joined.len(), &files), (1, &joined));
    assert_eq!(owner.download(files[0]).await, b"123456789");
    assert_eq!(files_on_disk(app.folder()), [files[0].to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn parts_and_what_they_became_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let joined = owner.concatenate(&[owner.upload_part(b"first").await, owner.upload_part(b"second").await]).await;
    let (complete, unfinished) = (owner.upload_part(b"1234").await, owner.add_part(5).await);
    assert_eq!(owner.append(unfinished, 0, "56").await.status(), 204);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(owner.download(joined).await, b"firstsecond");
    assert!(header(&owner.ask_offset(joined).await, "upload-concat").starts_with("final;"));
    assert_eq!((owner.offset(complete).await, owner.offset(unfinished).await), (4, 2));
    assert_eq!(header(&owner.ask_offset(complete).await, "upload-concat"), "partial");
    assert_eq!(owner.append(unfinished, 2, "789").await.status(), 204);
    let id = owner.concatenate(&[complete, unfinished]).await;
    assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
    assert_eq!(owner.download(id).await, b"123456789");
    assert_eq!(owner.room_json().await["parts"], Value::Null);
    assert_eq!(files_on_disk(folder.path()).len(), 2);
}
