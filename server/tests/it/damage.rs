//! A server whose data folder was changed by the disk: what is damaged is set aside, and everything else goes on.

use std::{fs, path::Path};

use crate::{process::Process, startup::last_line, test_app::files_on_disk};

/// The names of what lies in the folder for what is damaged.
fn set_aside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let aside = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("damaged-"));
    let mut names: Vec<String> =
        aside.flat_map(|path| fs::read_dir(path).unwrap()).map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_damaged_room_is_set_aside_with_its_files_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let (damaged, other) = (process.create_room().await, process.create_room().await);
    let lost = damaged.upload("lost.txt", b"lost content").await;
    let kept = other.upload("kept.txt", b"kept content").await;
    process.kill();
    // The first room has the first key.
    let keys = folder.path().join("snapdrop.keys");
    let mut bytes = fs::read(&keys).unwrap();
    bytes[7] ^= 1;
    fs::write(&keys, bytes).unwrap();

    let process = Process::start(folder.path());
    assert_eq!(other.at(&process).download(kept).await, b"kept content");
    assert_eq!(process.get(&format!("/api/rooms/{}", damaged.pin())).await.status(), 404);
    assert_eq!(files_on_disk(folder.path()), [kept.to_string()]);
    assert_eq!(set_aside(folder.path()), [lost.to_string(), "room-unknown-0.jsonl".to_owned()]);
    process.kill();
    // The next start finds nothing wrong.
    let process = Process::start(folder.path());
    assert_eq!(other.at(&process).download(kept).await, b"kept content");
    assert_eq!(set_aside(folder.path()).len(), 2);
}

#[tokio::test]
async fn without_the_keys_of_its_rooms_a_server_does_not_start_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let kept = owner.upload("kept.txt", b"kept content").await;
    process.kill();
    let keys = folder.path().join("snapdrop.keys");
    let bytes = fs::read(&keys).unwrap();
    fs::remove_file(&keys).unwrap();
    let line = last_line(&crate::startup::run(folder.path(), &[]), 1);
    assert!(line.starts_with("snapdrop: the keys of the rooms are missing"), "{line}");
    fs::write(&keys, bytes).unwrap();
    let process = Process::start(folder.path());
    assert_eq!(owner.at(&process).download(kept).await, b"kept content");
}

#[tokio::test]
async fn without_its_database_a_server_does_not_erase_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    process.kill();
    let (database, away) = (folder.path().join("snapdrop.redb"), folder.path().join("away"));
    fs::rename(&database, &away).unwrap();
    let line = last_line(&crate::startup::run(folder.path(), &[]), 1);
    assert!(line.contains("snapdrop.redb is missing") && line.contains("snapdrop.keys"), "{line}");
    fs::rename(&away, &database).unwrap();
    let process = Process::start(folder.path());
    assert_eq!(owner.at(&process).room().await.files, []);
}
