//! How the real program starts, and with which message it refuses to start.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use server::journal::Journal;

use crate::process::{Process, command};

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

/// The line on standard error of a program that ended with `code`. Checks that there is no other line.
fn only_line(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

/// The last line on standard error of a program that ended with `code`. Lines of the log may come before it.
pub(crate) fn last_line(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text.lines().last().unwrap().to_owned()
}

#[test]
fn a_program_that_runs_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let line = process.first_line();
    assert!(line.starts_with("SnapDrop listens on http://127.0.0.1:") && line.ends_with('\n'), "{line}");
}

#[tokio::test]
async fn a_program_that_runs_answers_and_makes_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("not/there/yet");
    let process = Process::start(&nested);
    assert_eq!(process.get("/readyz").await.status(), 200);
    assert_eq!(process.get("/").await.status(), 200);
    assert!(nested.join("files").is_dir());
}

#[test]
fn a_wrong_flag_is_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, value) in [
        ("--listen", "nowhere"),
        ("--room-ttl", "soon"),
        ("--room-ttl", "0s"),
        ("--max-file-size", "big"),
        ("--max-file-size", "-1"),
        ("--max-room-size", "0"),
        ("--pin-digits", "3"),
        ("--pin-digits", "many"),
        ("--base-path", ""),
        ("--base-path", "drop"),
        ("--base-path", "/a/../b"),
        ("--base-path", "/."),
        ("--base-path", "//drop"),
        ("--base-path", "/dröp"),
        ("--base-path", "/drop?x"),
        ("--no-such-flag", "x"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snapdrop"));
        let output = command.arg("--data-dir").arg(folder.path()).arg(format!("{flag}={value}")).output().unwrap();
        let line = only_line(&output, 2);
        assert!(line.starts_with(&format!("snapdrop: {flag}")), "{line}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_flag_without_its_value_is_named_in_one_line() {
    let output = run(Path::new("/nonexistent"), &["--room-ttl"]);
    let line = only_line(&output, 2);
    assert!(line.contains("--room-ttl"), "{line}");
}

#[test]
fn a_wrong_variable_is_named_in_one_line() {
    for (variable, value) in
        [("SNAPDROP_ROOM_TTL", "soon"), ("SNAPDROP_MAX_FILE_SIZE", "big"), ("SNAPDROP_MAX_ROOM_SIZE", "0"), ("SNAPDROP_PIN_DIGITS", "99")]
    {
        let output = command(Path::new("/nonexistent")).env(variable, value).output().unwrap();
        let line = only_line(&output, 2);
        assert!(line.contains(variable), "{line}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapdrop"));
    let line = only_line(&command.env("SNAPDROP_LISTEN", "nowhere").output().unwrap(), 2);
    assert!(line.contains("SNAPDROP_LISTEN"), "{line}");
}

#[test]
fn a_file_larger_than_a_room_is_a_wrong_flag() {
    let output = run(Path::new("/nonexistent"), &["--max-file-size", "2GiB", "--max-room-size", "1GiB"]);
    let line = only_line(&output, 2);
    assert!(line.contains("--max-file-size") && line.contains("--max-room-size"), "{line}");
}

#[test]
fn whoever_asks_for_help_gets_every_flag_and_its_variable() {
    let output = run(Path::new("/nonexistent"), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for flag in ["--listen", "--data-dir", "--room-ttl", "--max-file-size", "--max-room-size", "--pin-digits"] {
        let variable = format!("SNAPDROP_{}", flag[2..].replace('-', "_").to_uppercase());
        assert!(text.contains(flag) && text.contains(&variable), "{flag} is not in the help");
    }
}

#[tokio::test]
async fn a_variable_is_as_good_as_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("SNAPDROP_PIN_DIGITS", "8");
    assert_eq!(Process::run(command).create_room().await.pin().len(), 8);
}

#[test]
fn a_database_that_another_process_has_is_said_to_be_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Process::start(folder.path());
    let line = last_line(&run(folder.path(), &[]), 1);
    assert!(line.starts_with("snapdrop: the database ") && line.ends_with(" is in use by another process"), "{line}");
    assert!(line.contains(folder.path().to_str().unwrap()), "{line}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    for path in [file.join("data"), file] {
        let line = last_line(&run(&path, &[]), 1);
        assert!(line.starts_with("snapdrop: the data folder ") && line.contains(path.to_str().unwrap()), "{line}");
    }
}

#[test]
fn a_data_folder_whose_database_is_something_else_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("snapdrop.redb");
    std::fs::write(&database, "my diary, not a database").unwrap();
    let line = last_line(&run(folder.path(), &[]), 1);
    assert!(line.starts_with("snapdrop: the database ") && line.contains("snapdrop.redb cannot be read"), "{line}");
    assert_eq!(std::fs::read(&database).unwrap(), b"my diary, not a database");
}

#[test]
fn a_port_that_is_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapdrop"));
    let output = command.args(["--listen", &address, "--data-dir"]).arg(folder.path()).output().unwrap();
    let line = only_line(&output, 1);
    assert!(line.starts_with(&format!("snapdrop: cannot listen on {address}: ")), "{line}");
}

#[test]
fn whatever_else_lies_among_the_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("files")).unwrap();
    let strange = folder.path().join("files/notes.txt");
    std::fs::write(&strange, "mine").unwrap();
    drop(Process::start(folder.path()));
    assert_eq!(std::fs::read(&strange).unwrap(), b"mine");
    let (_journal, rooms) = Journal::open(&folder.path().join("snapdrop.redb"), server::durability::SyncMode::Background).unwrap();
    assert!(rooms.is_empty());
}

#[test]
fn files_without_their_database_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("files").join("0123456789abcdef0123456789abcdef");
    for database in [None, Some("")] {
        std::fs::create_dir_all(folder.path().join("files")).unwrap();
        std::fs::write(&file, "still needed").unwrap();
        if let Some(text) = database {
            std::fs::write(folder.path().join("snapdrop.redb"), text).unwrap();
        }
        let line = only_line(&run(folder.path(), &[]), 1);
        assert!(line.starts_with("snapdrop: ") && line.contains("snapdrop.redb is missing"), "{line}");
        assert_eq!(std::fs::read(&file).unwrap(), b"still needed");
    }
}

#[tokio::test]
async fn what_the_program_keeps_is_for_its_own_user_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Process::start(&data));
    // What an earlier version created for everybody is private from the next start on.
    for (name, mode) in [("files", 0o755), ("snapdrop.redb", 0o644), ("snapdrop.log", 0o644)] {
        std::fs::set_permissions(data.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let process = Process::start(&data);
    let owner = process.create_room().await;
    let id = owner.upload("a.txt", b"secret").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in [data.clone(), data.join("files")] {
        assert_eq!(mode(&path), 0o700, "{}", path.display());
    }
    for name in ["snapdrop.redb".to_owned(), "snapdrop.log".to_owned(), format!("files/{id}")] {
        assert_eq!(mode(&data.join(&name)), 0o600, "{name}");
    }
}
