//! Keeps what the server has acknowledged, and compares it with what the server has after a kill.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use reqwest::Client;
use serde_json::Value;

use crate::{
    client::{Broken, File, Kind, Room},
    program::Program,
};

/// A file whose creation was acknowledged.
#[derive(Debug)]
pub(crate) struct KnownFile {
    pub(crate) file: File,
    /// The largest offset that the server has ever reported.
    acknowledged: AtomicU64,
}

impl KnownFile {
    pub(crate) fn acknowledge(&self, offset: u64) {
        self.acknowledged.fetch_max(offset, Ordering::SeqCst);
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// How many bytes are still to be sent.
    pub(crate) fn missing(&self) -> u64 {
        self.file.size - self.acknowledged()
    }

    /// Checks that all acknowledged bytes are there and are those that were sent.
    async fn check(&self, room: &Room, rows: &[Value], folder: &Path) {
        let (file, acknowledged) = (&self.file, self.acknowledged());
        let row = rows.iter().find(|row| row["id"] == file.id).unwrap_or_else(|| panic!("{file:?} is lost"));
        let offset = room.offset(file).await.unwrap();
        assert!(offset >= acknowledged, "{offset} bytes are left of {acknowledged} acknowledged ones: {file:?}");
        self.acknowledge(offset);
        match file.kind {
            // A part cannot be downloaded, so its bytes are read from the disk.
            Kind::Part => {
                let bytes = std::fs::read(folder.join("files").join(&file.id)).unwrap();
                assert!(bytes.len() as u64 == offset && file.pattern.has(0, &bytes), "{file:?} differs");
            }
            Kind::Whole if offset == file.size => {
                assert_eq!(row["state"], "complete", "{file:?}");
                assert_eq!(room.downloaded_sha256(file).await.unwrap(), file.sha256(), "{file:?} differs");
                let hexadecimal: String = file.sha256().iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(row["sha256"].is_null() || row["sha256"] == hexadecimal, "{file:?} has another digest in the list: {row}");
            }
            Kind::Whole => assert!(room.begins_as_sent(file, offset).await.unwrap(), "{file:?} differs"),
        }
    }
}

/// How far the owner got with closing a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    No,
    Asked,
    Answered,
}

/// The files of a room. Running uploads add the files that they create.
pub(crate) type Files = Arc<Mutex<Vec<Arc<KnownFile>>>>;

/// A room whose creation was acknowledged.
pub(crate) struct KnownRoom {
    pub(crate) room: Room,
    pub(crate) files: Files,
    pub(crate) closing: Closing,
}

impl KnownRoom {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, files: Arc::default(), closing: Closing::No }
    }

    pub(crate) fn files(&self) -> Vec<Arc<KnownFile>> {
        self.files.lock().unwrap().clone()
    }

    /// Checks the known files of the room, and returns the ids of all files and parts that the room lists. Returns
    /// `None` if the room is gone, which is right only if the owner has asked to close it.
    async fn check(&self, folder: &Path) -> Option<BTreeSet<String>> {
        let view = match self.room.view().await {
            Err(Broken::Refused { status: 404 | 410, .. }) if self.closing != Closing::No => return None,
            view => view.unwrap_or_else(|broken| panic!("a room is lost: {broken:?}")),
        };
        assert_ne!(self.closing, Closing::Answered, "a closed room is back");
        let rows_of = |list: &str| view[list].as_array().cloned().unwrap_or_default();
        let (files, parts) = (rows_of("files"), rows_of("parts"));
        for known in self.files() {
            let rows = if known.file.kind == Kind::Part { &parts } else { &files };
            known.check(&self.room, rows, folder).await;
        }
        Some(files.iter().chain(&parts).map(|row| row["id"].as_str().unwrap().to_owned()).collect())
    }
}

/// Adds a file whose creation was acknowledged to the known ones of its room.
pub(crate) fn note(files: &Files, file: File) -> Arc<KnownFile> {
    let known = Arc::new(KnownFile { file, acknowledged: AtomicU64::new(0) });
    files.lock().unwrap().push(Arc::clone(&known));
    known
}

/// Checks after a start that everything that was acknowledged is there, and that no other file is on the disk.
/// Removes the closed rooms from `rooms`.
pub(crate) async fn check(rooms: &mut Vec<KnownRoom>, http: &Client, program: &Program, folder: &Path) {
    let mut listed = BTreeSet::new();
    for mut known in std::mem::take(rooms) {
        known.room = known.room.at(http, program.address());
        if let Some(files) = known.check(folder).await {
            listed.extend(files);
            // Closing was requested but not acknowledged, and the whole room is still there.
            known.closing = Closing::No;
            rooms.push(known);
        }
    }
    assert_eq!(files_on_disk(folder), listed, "what lies on disk is not what the rooms list");
}

/// The names of the uploaded files in a data folder.
pub(crate) fn files_on_disk(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder.join("files")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
