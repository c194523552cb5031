//! `GET /api/rooms/{pin}/archive.zip`: all complete files of a room in one ZIP archive.

use std::{
    io::{Cursor, Read as _},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zip::ZipArchive;

use crate::{
    seat::{Seat, header},
    test_app::TestApp,
};

/// The archive's entries as the zip crate reads them: names and contents.
async fn entries(seat: &Seat) -> Vec<(String, Vec<u8>)> {
    let response = seat.archive().await;
    assert_eq!(response.status(), 200);
    let bytes = response.bytes().await.unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

async fn names(seat: &Seat) -> Vec<String> {
    entries(seat).await.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn an_archive_announces_exactly_as_many_bytes_as_it_has() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    owner.upload("a.txt", b"first").await;
    owner.upload("☕/b.txt", &[7; 100_000]).await;
    let response = owner.archive().await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/zip");
    let disposition = format!("attachment; filename=\"SnapDrop {0}.zip\"; filename*=UTF-8''SnapDrop%20{0}.zip", owner.pin());
    assert_eq!(header(&response, "content-disposition"), disposition);
    let announced: usize = header(&response, "content-length").parse().unwrap();
    assert_eq!(response.bytes().await.unwrap().len(), announced);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_holds_every_complete_file_and_no_other() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let noise: Vec<u8> = (0..700_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    owner.upload("a.txt", b"first").await;
    owner.upload("noise.bin", &noise).await;
    owner.upload("empty", b"").await;
    let running = owner.add_file("running.txt", 10).await;
    owner.append(running, 0, "01234").await;
    let found = entries(&guest).await;
    assert!(found == [("a.txt".to_owned(), b"first".to_vec()), ("noise.bin".to_owned(), noise), ("empty".to_owned(), Vec::new())]);
    app.finish().await;
}

#[tokio::test]
async fn files_of_the_same_name_get_numbers_in_an_archive() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for name in ["a.txt", "a.txt", "A.TXT", "a (2).txt", ".env", ".env", "d/b", "d/b"] {
        owner.upload(name, name.as_bytes()).await;
    }
    let expected = ["a.txt", "a (2).txt", "A (3).TXT", "a (2) (2).txt", ".env", ".env (2)", "d/b", "d/b (2)"];
    assert_eq!(names(&owner).await, expected);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_keeps_folders_and_never_leads_out_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for name in ["photos/day 1/a.jpg", "../../etc/passwd", "/root.txt", "C:\\temp\\x.txt", "two\nlines", "☕.txt"] {
        owner.upload(name, b"x").await;
    }
    let expected = ["photos/day 1/a.jpg", "etc/passwd", "root.txt", "C_/temp/x.txt", "two_lines", "☕.txt"];
    assert_eq!(names(&owner).await, expected);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_of_an_empty_room_is_a_valid_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = owner.archive().await;
    assert_eq!(header(&response, "content-length"), "22");
    assert_eq!(entries(&owner).await, []);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_is_cut_and_not_ended_when_a_file_vanishes_from_it() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    // More than the socket buffers hold, so that the server is still sending this file when the next one is removed.
    owner.upload("large.bin", &vec![1; 32 << 20]).await;
    let last = owner.upload("last.txt", b"last").await;
    let archive = owner.archive().await;
    assert_eq!(owner.remove(last).await, 204);
    assert!(archive.bytes().await.is_err());
    app.finish().await;
}

/// Runs an installed program on the archive, and fails the test if the program rejects it. `None` where the program
/// is not installed.
fn accepted_by(program: &str, arguments: &[&str]) -> Option<bool> {
    let output = Command::new(program).args(arguments).output().ok()?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    Some(output.status.success())
}

const CHECK: &str = "
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
assert [(entry.filename, archive.read(entry)) for entry in archive.infolist()] == [
    ('a.txt', b'first'), ('\u{2615}/b.txt', b'second'), ('a (2).txt', b'third'), ('empty', b'')]
";

#[tokio::test]
async fn other_programs_read_an_archive() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (name, content) in [("a.txt", "first"), ("☕/b.txt", "second"), ("a.txt", "third"), ("empty", "")] {
        owner.upload(name, content.as_bytes()).await;
    }
    let path = app.folder().join("archive.zip");
    std::fs::write(&path, owner.archive().await.bytes().await.unwrap()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let checked =
        tokio::task::spawn_blocking(move || [accepted_by("python3", &["-c", CHECK, &path]), accepted_by("unzip", &["-t", &path])]);
    assert!(!checked.await.unwrap().contains(&Some(false)));
    app.finish().await;
}

/// Adds a folder with nothing in it.
async fn add_folder(seat: &Seat, path: &str) {
    let metadata = format!("filename {},filetype {}", STANDARD.encode(path), STANDARD.encode("inode/directory"));
    let response = seat.creation().header("upload-length", 0).header("upload-metadata", metadata).send().await.unwrap();
    assert_eq!(response.status(), 201);
}

#[tokio::test]
async fn an_empty_folder_is_a_folder_in_the_archive() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    add_folder(&owner, "Trip/day 1").await;
    owner.upload("Trip/day 2/a.txt", b"a").await;
    // These are no empty folders: one has a file in it, and the other has bytes.
    add_folder(&owner, "Trip").await;
    let metadata = format!("filename {},filetype {}", STANDARD.encode("b"), STANDARD.encode("inode/directory"));
    let request = owner.creation().header("upload-length", 1).header("upload-metadata", metadata);
    let response = request.header("content-type", "application/offset+octet-stream").body("b").send().await.unwrap();
    assert_eq!(response.status(), 201);

    let bytes = owner.archive().await.bytes().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    ZipArchive::new(Cursor::new(bytes)).unwrap().extract(folder.path()).unwrap();
    let entries = |path: &str| {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path().join(path)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(entries(""), ["Trip", "b"]);
    assert_eq!(entries("Trip"), ["day 1", "day 2"]);
    assert_eq!(entries("Trip/day 1"), [""; 0]);
    assert_eq!(std::fs::read(folder.path().join("b")).unwrap(), b"b");
    app.finish().await;
}
