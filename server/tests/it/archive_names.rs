//! File names in the archive: whatever names senders choose, the archive can be unpacked on every system, and no
//! file lands outside of the folder that it is unpacked into.

use std::{
    collections::HashSet,
    io::{Cursor, Read as _},
    path::Path,
    process::Command,
};

use zip::ZipArchive;

use crate::{seat::Seat, test_app::TestApp};

const HOSTILE: [&str; 36] = [
    "../../etc/passwd",
    "..",
    "../..",
    "a/../../b",
    "..\\..\\windows\\system.ini",
    "/root.txt",
    "C:\\temp\\x.txt",
    "\\\\host\\share\\x.txt",
    "nul\0byte.txt",
    "line\nbreak\r.txt",
    "bell\u{7}.txt",
    "invoice\u{202e}fdp.exe",
    "\u{2066}isolated\u{2069}.txt",
    "CON",
    "con.txt",
    "NUL.tar.gz",
    "com1",
    "LPT9.log",
    "aux/inside.txt",
    "PRN .txt",
    "COM1",
    "dot.",
    "dots...",
    "space ",
    "folder. /file.txt",
    " leading",
    "<tag>.html",
    "a:b.txt",
    "quo\"te|pipe?star*.txt",
    "a.txt",
    "a.txt",
    "A.TXT",
    "beside",
    "beside/b",
    "BESIDE/c",
    "beside/b/d",
];

/// The bytes of the room's archive, and the names and contents of the files that the zip crate finds in it.
async fn unpacked(seat: &Seat) -> (Vec<u8>, Vec<(String, String)>) {
    let bytes = seat.archive().await.bytes().await.unwrap().to_vec();
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).unwrap();
    let entries = (0..archive.len()).map(|index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), content)
    });
    let entries = entries.collect();
    (bytes, entries)
}

/// A room with a file for each name. The content of a file is the index of its name.
async fn room_with(app: &TestApp, names: &[&str]) -> Seat {
    let owner = app.create_room().await;
    for (index, name) in names.iter().enumerate() {
        owner.upload(name, index.to_string().as_bytes()).await;
    }
    owner
}

/// Whether Windows takes a part of a path for a device, such as `CON` or `com1.txt`. What follows the first dot does
/// not matter.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| stem.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[tokio::test]
async fn every_part_of_every_name_is_harmless_everywhere() {
    let app = TestApp::start().await;
    let owner = room_with(&app, &HOSTILE).await;
    for (name, _) in unpacked(&owner).await.1 {
        for part in name.split('/') {
            assert!(!matches!(part, "" | "." | ".."), "{name:?} leads elsewhere");
            assert!(!part.contains(|c: char| c.is_control() || "<>:\"|?*\\".contains(c)), "{name:?} has a forbidden character");
            assert!(
                !part.contains(|c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
                "{name:?}"
            );
            assert!(!part.ends_with(['.', ' ']), "{name:?} ends in what Windows drops");
            assert!(!is_device(part), "{name:?} is a device of Windows");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn no_name_hides_another() {
    let app = TestApp::start().await;
    let owner = room_with(&app, &HOSTILE).await;
    let entries = unpacked(&owner).await.1;
    let contents: Vec<String> = entries.iter().map(|(_, content)| content.clone()).collect();
    assert_eq!(contents, (0..HOSTILE.len()).map(|index| index.to_string()).collect::<Vec<_>>());

    let names: Vec<String> = entries.iter().map(|(name, _)| name.to_lowercase()).collect();
    let files: HashSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(files.len(), HOSTILE.len(), "two files have the same name: {names:?}");
    for name in &names {
        for (end, _) in name.match_indices('/') {
            assert!(!files.contains(&name[..end]), "{name:?} is inside of a file");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn names_that_are_harmless_are_kept() {
    let app = TestApp::start().await;
    let harmless = ["a.txt", "photos/day 1/☕.jpg", ".env", "console.log", "com10.txt", "nullable", "a..b", "שלום.txt", "x (2).txt"];
    let owner = room_with(&app, &harmless).await;
    let names: Vec<String> = unpacked(&owner).await.1.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, harmless);
    app.finish().await;
}

#[tokio::test]
async fn duplicates_get_numbers_also_where_a_number_is_taken() {
    let app = TestApp::start().await;
    let owner = room_with(&app, &["a.txt", "A.txt", "a (2).txt", "a.txt"]).await;
    let names: Vec<String> = unpacked(&owner).await.1.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[..2], ["a.txt", "A (2).txt"]);
    let unique: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(unique.len(), 4, "{names:?}");
    app.finish().await;
}

#[tokio::test]
async fn names_that_differ_in_case_alone_are_duplicates_in_every_alphabet() {
    let app = TestApp::start().await;
    // In lower case, `ΑΣ` becomes `ας` with a final sigma, which is not `ασ`: a comparison in lower case would not
    // find that these two are duplicates.
    let owner = room_with(&app, &["ΑΣ", "ασ", "straße", "STRASSE"]).await;
    let names: Vec<String> = unpacked(&owner).await.1.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ΑΣ", "ασ (2)", "straße", "STRASSE (2)"]);
    app.finish().await;
}

/// Runs Python's `zipfile` program, which has to succeed. It reports broken files only in its output, not in its exit
/// code.
fn python(arguments: &[&str]) {
    let output = Command::new("python3").args(["-m", "zipfile"]).args(arguments).output().expect("python3 is installed");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !said.contains("corrupted"), "{arguments:?}: {said}");
}

/// The contents of all files below a folder.
fn contents(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { contents(&path) } else { vec![std::fs::read_to_string(&path).unwrap()] }).collect()
}

#[tokio::test]
async fn another_program_unpacks_all_of_it_into_the_folder_that_it_was_given() {
    let app = TestApp::start().await;
    let owner = room_with(&app, &HOSTILE).await;
    let (bytes, _) = unpacked(&owner).await;
    let found = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let (archive, inside) = (folder.path().join("archive.zip"), folder.path().join("outer/inner"));
        std::fs::write(&archive, bytes).unwrap();
        std::fs::create_dir_all(&inside).unwrap();
        python(&["-t", archive.to_str().unwrap()]);
        python(&["-e", archive.to_str().unwrap(), inside.to_str().unwrap()]);
        assert_eq!(contents(&folder.path().join("outer")).len(), contents(&inside).len(), "a file lies outside");
        contents(&inside)
    });
    let mut found: Vec<usize> = found.await.unwrap().iter().map(|content| content.parse().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, (0..HOSTILE.len()).collect::<Vec<_>>());
    app.finish().await;
}
