//! A disk that becomes full and later has space again. The disk is a small tmpfs, which only root may mount.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    client::{self, Broken, Checksum, File, Kind, Room},
    fuse::LONG,
    pattern::Pattern,
    program::Program,
};

const MIB: u64 = 1 << 20;

/// A mounted small disk. Dropping it unmounts the disk.
struct Disk(PathBuf);

impl Disk {
    /// Mounts a disk of 24 MiB.
    fn mount(path: &Path) -> Self {
        std::fs::create_dir_all(path).unwrap();
        system(Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(path));
        Self(path.to_owned())
    }

    /// Enlarges the disk to 64 MiB.
    fn grow(&self) {
        system(Command::new("mount").args(["-o", "remount,size=64m"]).arg(&self.0));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        #[expect(clippy::let_underscore_must_use, reason = "nothing can be done about a disk that cannot be unmounted")]
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn system(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status} (this test has to run as root)");
}

/// Sends chunks until the disk is full, and returns the acknowledged offset, which must be half of the disk at least.
async fn fill(room: &Room, file: &File) -> u64 {
    let sending = async {
        let mut acknowledged = 0_u64;
        while acknowledged < file.size {
            match room.append(file, acknowledged..file.size.min(acknowledged + MIB), Checksum::None, |_| ()).await {
                Ok(offset) => acknowledged = offset,
                Err(Broken::Refused { status, text }) => {
                    assert_no_space(status, &text);
                    return acknowledged;
                }
                // A client that is still sending may lose the refusal. The next attempt gets it.
                Err(Broken::Link) => acknowledged = room.offset(file).await.unwrap(),
            }
        }
        panic!("the disk was never full")
    };
    let acknowledged = timeout(LONG, sending).await.expect("the full disk is reported in time");
    assert!(acknowledged >= 12 * MIB, "only {acknowledged} bytes fitted");
    acknowledged
}

fn assert_no_space(status: u16, text: &str) {
    let problem: Value = serde_json::from_str(text).unwrap();
    assert_eq!((status, problem["code"].as_str()), (507, Some("no_space")), "{text}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
}

/// Checks an upload that did not fit: it is not complete, its offset is the acknowledged one or at most one chunk
/// further, and its bytes are those that were sent.
async fn assert_kept(room: &Room, file: &File, acknowledged: u64) {
    let offset = room.offset(file).await.unwrap();
    assert!((acknowledged..=acknowledged + MIB).contains(&offset), "{offset} bytes are here of {acknowledged} acknowledged ones");
    assert!(room.begins_as_sent(file, offset).await.unwrap(), "the bytes differ");
    let view = room.view().await.unwrap();
    let row = view["files"].as_array().unwrap().iter().find(|row| row["id"] == file.id).unwrap();
    assert_ne!(row["state"], "complete");
}

/// Continues an upload to its end on a disk that has space again, and checks its bytes. Chunks may be refused for a
/// while, because the space of a removed file may become free with a delay.
async fn complete(room: &Room, file: &File) {
    let sending = async {
        loop {
            let at = room.offset(file).await.unwrap();
            if at == file.size {
                break;
            }
            match room.append(file, at..file.size.min(at + MIB), Checksum::Sha256, |_| ()).await {
                Ok(_) | Err(Broken::Link) => {}
                Err(Broken::Refused { status, text }) => assert_no_space(status, &text),
            }
        }
    };
    timeout(LONG, sending).await.expect("an upload goes on when there is room");
    assert_eq!(room.downloaded_sha256(file).await.unwrap(), file.sha256());
}

async fn upload(room: &Room, pattern: Pattern, size: u64) -> File {
    let file = room.announce(Kind::Whole, pattern, size).await.unwrap();
    assert_eq!(room.append(&file, 0..size, Checksum::None, |_| ()).await.unwrap(), size);
    file
}

#[tokio::test]
async fn a_full_disk_stops_an_upload_which_goes_on_when_a_file_was_removed() {
    let (folder, http) = (tempfile::tempdir().unwrap(), client::http(Some(LONG)));
    let _disk = Disk::mount(&folder.path().join("files"));
    let program = Program::start(folder.path());
    let (room, other) = (Room::create(&http, program.address()).await.unwrap(), Room::create(&http, program.address()).await.unwrap());
    let kept = upload(&other, Pattern(1), 2 * MIB).await;
    let removed = upload(&other, Pattern(2), 3 * MIB).await;
    let file = room.announce(Kind::Whole, Pattern(3), 21 * MIB).await.unwrap();
    let acknowledged = fill(&room, &file).await;
    assert_kept(&room, &file, acknowledged).await;

    // The other room is not affected.
    assert_eq!(other.view().await.unwrap()["files"].as_array().unwrap().len(), 2);
    assert_eq!(other.downloaded_sha256(&kept).await.unwrap(), kept.sha256());
    assert!(other.get("/archive.zip").await.unwrap().bytes().await.unwrap().len() as u64 > 5 * MIB);
    other.join("Ada").await.unwrap();

    other.remove(&removed).await.unwrap();
    complete(&room, &file).await;
    program.kill();

    let program = Program::start(folder.path());
    let (room, other) = (room.at(&http, program.address()), other.at(&http, program.address()));
    assert_eq!(room.downloaded_sha256(&file).await.unwrap(), file.sha256());
    assert_eq!(other.downloaded_sha256(&kept).await.unwrap(), kept.sha256());
}

#[tokio::test]
async fn an_upload_that_did_not_fit_is_whole_up_to_there_after_a_restart() {
    let (folder, http) = (tempfile::tempdir().unwrap(), client::http(Some(LONG)));
    let disk = Disk::mount(&folder.path().join("files"));
    let program = Program::start(folder.path());
    let room = Room::create(&http, program.address()).await.unwrap();
    let file = room.announce(Kind::Whole, Pattern(1), 40 * MIB).await.unwrap();
    let acknowledged = fill(&room, &file).await;
    program.kill();

    let program = Program::start(folder.path());
    let room = room.at(&http, program.address());
    assert_kept(&room, &file, acknowledged).await;
    disk.grow();
    complete(&room, &file).await;
}

#[tokio::test]
async fn a_server_whose_whole_data_folder_was_full_is_as_good_as_new_when_there_is_room() {
    let (folder, http) = (tempfile::tempdir().unwrap(), client::http(Some(LONG)));
    let disk = Disk::mount(folder.path());
    let program = Program::start(folder.path());
    let (room, other) = (Room::create(&http, program.address()).await.unwrap(), Room::create(&http, program.address()).await.unwrap());
    let kept = upload(&other, Pattern(1), MIB).await;
    let file = room.announce(Kind::Whole, Pattern(2), 40 * MIB).await.unwrap();
    let acknowledged = fill(&room, &file).await;
    assert_kept(&room, &file, acknowledged).await;

    // Requests that need no disk space still succeed. Requests that the journal has to record may be refused with a 5xx.
    assert_eq!(other.view().await.unwrap()["files"].as_array().unwrap().len(), 1);
    assert_eq!(other.downloaded_sha256(&kept).await.unwrap(), kept.sha256());
    for attempt in [room.join("Ada").await, other.join("Ada").await, Room::create(&http, program.address()).await.map(drop)] {
        assert!(matches!(attempt, Ok(()) | Err(Broken::Refused { status: 500..=599, .. })), "{attempt:?}");
    }
    let healthy = http.get(format!("http://{}/healthz", program.address())).send().await.unwrap();
    assert_eq!(healthy.status(), 200);
    assert_eq!(room.request(Method::HEAD, &file.path()).send().await.unwrap().status(), 200);

    disk.grow();
    other.join("Bob").await.unwrap();
    complete(&room, &file).await;
    let later = upload(&other, Pattern(3), MIB).await;
    other.remove(&kept).await.unwrap();
    let members = other.view().await.unwrap()["members"].clone();
    program.kill();

    let program = Program::start(folder.path());
    let (room, other) = (room.at(&http, program.address()), other.at(&http, program.address()));
    assert_eq!(room.downloaded_sha256(&file).await.unwrap(), file.sha256());
    assert_eq!(other.downloaded_sha256(&later).await.unwrap(), later.sha256());
    let view = other.view().await.unwrap();
    assert_eq!(view["files"].as_array().unwrap().len(), 1);
    assert_eq!(view["members"].as_array().unwrap().len(), members.as_array().unwrap().len());
    room.join("Cleo").await.unwrap();
}
