//! What is left of a closed room in the data folder: nothing.

use std::{fs, path::Path};

use app::room::FileId;
use reqwest::Method;
use serde_json::json;

use crate::{
    door::refused,
    process::{Process, command},
    seat::Seat,
    test_app::eventually,
};

fn started(folder: &Path, flags: &[&str]) -> Process {
    let mut command = command(folder);
    command.args(flags);
    Process::run(command)
}

/// What somebody who searches the data folder finds of the needles.
fn found_in(folder: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(found_in(&entry.path(), needles));
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let hits = needles.iter().filter(|needle| memchr::memmem::find(&bytes, needle).is_some() || name.as_bytes() == needle.as_slice());
        found.extend(hits.map(|needle| format!("{} in {name}", String::from_utf8_lossy(needle))));
    }
    found
}

/// A room with a guest, a file that was received, a removed file, and a text.
async fn busy_room(process: &Process) -> (Seat, FileId, Vec<Vec<u8>>) {
    let owner = process.create_room().await;
    let guest = process.join(&owner, "Ada Wintergreen").await;
    let socket = guest.listen().await;
    let id = owner.upload("quarterly-figures.pdf", b"the secret content of the file").await;
    let removed = owner.upload("removed-before.txt", b"another secret content").await;
    assert_eq!(owner.remove(removed).await, 204);
    assert_eq!(guest.download(id).await, b"the secret content of the file");
    let snippets = format!("/api/rooms/{}/snippets", owner.pin());
    let text = json!({"text": "meet me at the harbour"});
    assert_eq!(owner.request(Method::POST, &snippets).json(&text).send().await.unwrap().status(), 201);
    let mut needles: Vec<Vec<u8>> = [
        "Wintergreen",
        "quarterly-figures",
        "the secret content",
        "removed-before",
        "another secret",
        "at the harbour",
        "127.0.0.1",
        "MemberJoined",
    ]
    .iter()
    .map(|needle| needle.as_bytes().to_vec())
    .collect();
    let view = owner.view().await;
    needles.extend([id.to_string(), view.you.to_string(), owner.pin().to_owned()].map(String::into_bytes));
    drop(socket);
    (owner, id, needles)
}

#[tokio::test]
async fn a_search_of_the_data_folder_finds_nothing_of_a_closed_room() {
    for flags in [&["--sync", "background"], &["--sync", "always"]] {
        let folder = tempfile::tempdir().unwrap();
        let process = started(folder.path(), flags);
        let other = process.create_room().await;
        let kept = other.upload("kept.txt", b"kept content").await;
        let (owner, _, needles) = busy_room(&process).await;
        assert_eq!(owner.close().await, 204);
        let nothing = async || {
            let found = found_in(folder.path(), &needles);
            if found.is_empty() { Ok(()) } else { Err(found) }
        };
        eventually("nothing is left", nothing).await;
        // Neither is its key. That of the other room is there.
        let keys = folder.path().join("snapdrop.keys");
        eventually("the key is erased", async || {
            let bytes = fs::read(&keys).unwrap();
            let used = bytes.chunks(32).filter(|key| key.iter().any(|byte| *byte != 0)).count();
            if used == 1 { Ok(()) } else { Err(used) }
        })
        .await;
        process.kill();
        assert_eq!(found_in(folder.path(), &needles), Vec::<String>::new());
        let process = started(folder.path(), flags);
        assert_eq!(other.at(&process).download(kept).await, b"kept content");
    }
}

#[tokio::test]
async fn the_database_of_an_open_room_says_nothing_without_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let (_owner, id, needles) = busy_room(&process).await;
    process.kill();
    let found = found_in(folder.path(), &needles);
    assert_eq!(found, [format!("the secret content in {id}"), format!("{id} in {id}")]);
}

#[tokio::test]
async fn a_room_that_was_closed_when_the_server_died_is_erased_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let (owner, _, needles) = busy_room(&process).await;
    assert_eq!(owner.close().await, 204);
    process.kill();
    let _process = Process::start(folder.path());
    assert_eq!(found_in(folder.path(), &needles), Vec::<String>::new());
    assert!(fs::read(folder.path().join("snapdrop.keys")).unwrap().iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn a_room_that_was_closed_is_known_as_such_after_a_kill_and_asking_for_it_spends_no_guess() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    assert_eq!(owner.close().await, 204);
    process.kill();
    let process = Process::start(folder.path());
    for _ in 0..40 {
        let problem = refused(process.ask_to_join(owner.pin(), &json!({})).await, 410, "room_closed").await;
        assert!(problem["closed_at_ms"].is_u64());
    }
    refused(process.ask_to_join(&process.unused_pin(), &json!({})).await, 404, "no_such_room").await;
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(folder.path().join("snapdrop.closed")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
}
