//! Recovery: reads the rooms from the database after a start. A room of which something was changed on the disk is set
//! aside, so that it does not keep the others from coming back.

use std::{
    collections::HashSet,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{ReadTransaction, ReadableTable as _};
use serde::de::DeserializeOwned;

use super::{
    JournalError, Recorded, Recovered, RoomRecord,
    keys::{Kind, RoomId, RoomKey},
    store::{EVENTS, PINS, ROOMS, Store, TOKENS, failed, io_failed, without_panic},
};
use crate::clock::unix_ms;

/// What was read from the database.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// The rooms that can be read, each with what stands for it in the journal.
    pub(super) rooms: Vec<(RoomKey, Recovered)>,
    /// The rooms that cannot.
    pub(super) damaged: Vec<DamagedRoom>,
    /// Whether events are missing in a room that can be read.
    pub(super) has_gaps: bool,
}

/// A room of which something was changed on the disk.
#[derive(Debug)]
pub(super) struct DamagedRoom {
    room: RoomId,
    /// The PIN, unless that was changed, too.
    pin: Option<String>,
    reason: String,
    /// The rows that can be read, as JSON.
    rows: Vec<Vec<u8>>,
}

/// A folder beside the database for what is damaged, and for files that may belong to it.
#[derive(Debug)]
pub struct SetAside {
    path: PathBuf,
}

impl SetAside {
    /// The folder for this start of the server. It is made as soon as something is put there.
    pub(super) fn beside(database: &Path) -> Self {
        Self { path: database.with_file_name(format!("damaged-{}", unix_ms())) }
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves a file to the folder.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn take(&self, file: &Path) -> io::Result<()> {
        self.make()?;
        fs::rename(file, self.path.join(file.file_name().unwrap_or_default()))
    }

    /// Lets a file have a second name in the folder.
    fn link(&self, file: &Path) -> io::Result<()> {
        self.make()?;
        fs::hard_link(file, self.path.join(file.file_name().unwrap_or_default()))
    }

    /// Copies a file to the folder.
    pub(super) fn copy(&self, file: &Path) -> io::Result<()> {
        self.make()?;
        fs::copy(file, self.path.join(file.file_name().unwrap_or_default())).map(|_| ())
    }

    fn write(&self, name: &str, lines: &[Vec<u8>]) -> io::Result<()> {
        self.make()?;
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(self.path.join(name))?;
        lines.iter().try_for_each(|line| file.write_all(line).and_then(|()| file.write_all(b"\n")))
    }

    fn make(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)
    }
}

/// Why a room cannot be read: because of a change on the disk, or because the database failed.
enum Failure {
    Damage(String),
    Database(JournalError),
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Database(failed(error))
    }
}

impl Store {
    /// Reads every room and applies its events to it.
    ///
    /// # Errors
    /// [`JournalError::NoKeys`] when there are rooms and no keys at all; otherwise the error of the database.
    pub(super) fn recover(&self) -> Result<Recovery, JournalError> {
        let read = self.begin_read()?;
        let mut recovery = Recovery::default();
        for row in read.open_table(ROOMS).map_err(failed)?.iter().map_err(failed)? {
            let (room, checkpoint) = row.map_err(failed)?;
            let (revision, sealed) = checkpoint.value();
            self.recover_room(&read, room.value(), revision, sealed, &mut recovery)?;
        }
        if !recovery.damaged.is_empty() && self.keys().is_empty() {
            return Err(JournalError::NoKeys);
        }
        Ok(recovery)
    }

    /// Reads what can be read from a file that is damaged, writes the rooms to a new one, and puts the old one into the
    /// folder. Returns that, and the rooms that cannot be read.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when no room can be read; the file is not touched then. Otherwise the error of a file.
    pub(super) fn salvage(self, folder: &SetAside) -> Result<(Self, Vec<DamagedRoom>), JournalError> {
        let mut recovery = Recovery::default();
        let keys = Arc::clone(self.keys());
        for room in keys.rooms() {
            let mut of_room = Recovery::default();
            let read = without_panic(|| {
                let read = self.begin_read()?;
                let rooms = read.open_table(ROOMS).map_err(failed)?;
                let Some(row) = rooms.get(room).map_err(failed)? else { return Ok(()) };
                let (revision, sealed) = row.value();
                self.recover_room(&read, room, revision, sealed, &mut of_room)
            });
            recovery.rooms.append(&mut of_room.rooms);
            recovery.damaged.append(&mut of_room.damaged);
            if let Err(error) = read {
                recovery.damaged.push(DamagedRoom { room, pin: None, reason: error.to_string(), rows: Vec::new() });
            }
        }
        let path = self.path().to_owned();
        if recovery.rooms.is_empty() && !recovery.damaged.is_empty() {
            return Err(JournalError::Damaged(path.display().to_string()));
        }
        let applied = without_panic(|| self.applied()).unwrap_or(0);
        drop(self);
        // The new file takes the place of the old one in one step, when everything is in it: if this is interrupted, the next
        // start begins with the old one again.
        let new = path.with_extension("new");
        let failed = |error: io::Error| io_failed(&error);
        if new.try_exists().map_err(failed)? {
            fs::remove_file(&new).map_err(failed)?;
        }
        Self::open(&new, Arc::clone(&keys))?.restore(&recovery.rooms, applied)?;
        folder.link(&path).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)?;
        let store = Self::open(&path, keys)?;
        tracing::error!(
            rooms.recovered = recovery.rooms.len(),
            rooms.lost = recovery.damaged.len(),
            folder = %folder.path.display(),
            "the database is damaged; it was set aside, and what can be read of it is in a new one"
        );
        Ok((store, recovery.damaged))
    }

    /// Reads a room, whose checkpoint is given, and adds it to the rooms that can be read or to those that cannot.
    fn recover_room(
        &self,
        read: &ReadTransaction,
        room: RoomId,
        revision: u64,
        checkpoint: &[u8],
        recovery: &mut Recovery,
    ) -> Result<(), JournalError> {
        let Some(key) = self.keys().of(room) else {
            recovery.damaged.push(DamagedRoom { room, pin: None, reason: "its key is missing".to_owned(), rows: Vec::new() });
            return Ok(());
        };
        match self.read_room(read, &key, revision, checkpoint, &mut recovery.has_gaps) {
            Ok(recovered) => recovery.rooms.push((key, recovered)),
            Err(Failure::Damage(reason)) => {
                let rows = readable_rows(read, &key, revision, checkpoint)?;
                let pin = read.open_table(PINS).map_err(failed)?.get(room).map_err(failed)?;
                let pin = pin.and_then(|pin| String::from_utf8(key.open(Kind::Pin, 0, pin.value()).ok()?).ok());
                recovery.damaged.push(DamagedRoom { room, pin, reason, rows });
            }
            Err(Failure::Database(error)) => return Err(error),
        }
        Ok(())
    }

    /// Reads one room, whose checkpoint is given. `has_gaps` is set if events are missing.
    fn read_room(
        &self,
        read: &ReadTransaction,
        key: &RoomKey,
        revision: u64,
        checkpoint: &[u8],
        has_gaps: &mut bool,
    ) -> Result<Recovered, Failure> {
        let room = key.room;
        let mut growth = self.growth();
        growth.checkpoint(room, checkpoint.len());
        let mut record: RoomRecord = unseal(key, Kind::Checkpoint, revision, checkpoint)?;
        let mut events: Vec<Recorded> = Vec::new();
        for row in read.open_table(EVENTS)?.range((room, 0)..=(room, u64::MAX))? {
            let (at, sealed) = row?;
            let at = at.value().1;
            if at > revision {
                growth.event(room, sealed.value().len());
            }
            let recorded: Recorded = unseal(key, Kind::Event, at, sealed.value())?;
            if record.follow_over_gaps(at, &recorded.event) {
                tracing::error!(room.pin = %record.snapshot.room.pin, revision = at, "changes before this one are missing in a room");
                *has_gaps = true;
            }
            if events.last().is_some_and(|last| last.revision + 1 != at) {
                events.clear();
            }
            events.push(recorded);
        }
        let mut tokens = Vec::new();
        for row in read.open_table(TOKENS)?.range((room, 0, 0)..=(room, u64::MAX, u64::MAX))? {
            let (at, sealed) = row?;
            tokens.push(unseal(key, Kind::Token, at.value().2, sealed.value())?);
        }
        Ok(Recovered { record, events, tokens })
    }

    /// Sets damaged rooms aside: what can be read of them is written to the folder, and they are erased from the database,
    /// just like the keys and rows of rooms that were not recovered.
    pub(super) fn set_aside(&self, recovery: &Recovery, folder: &SetAside) -> Result<(), JournalError> {
        for DamagedRoom { room, pin, reason, rows } in &recovery.damaged {
            let name = pin.clone().unwrap_or_else(|| format!("unknown-{room}"));
            folder.write(&format!("room-{name}.jsonl"), rows).map_err(|error| io_failed(&error))?;
            tracing::error!(
                room.pin = name,
                reason,
                folder = %folder.path.display(),
                "a room is damaged in the database; what can be read of it was set aside, and the others go on"
            );
        }
        let recovered: HashSet<RoomId> = recovery.rooms.iter().map(|(key, _)| key.room).collect();
        let damaged = recovery.damaged.iter().map(|damaged| damaged.room);
        let gone: HashSet<RoomId> = self.keys().rooms().into_iter().chain(damaged).filter(|room| !recovered.contains(room)).collect();
        self.forget_all(&gone.into_iter().collect::<Vec<_>>())
    }
}

/// The JSON of the rows of a damaged room that can be read.
fn readable_rows(read: &ReadTransaction, key: &RoomKey, revision: u64, checkpoint: &[u8]) -> Result<Vec<Vec<u8>>, JournalError> {
    let mut rows: Vec<Vec<u8>> = key.open(Kind::Checkpoint, revision, checkpoint).into_iter().collect();
    let events = read.open_table(EVENTS).map_err(failed)?;
    for row in events.range((key.room, 0)..=(key.room, u64::MAX)).map_err(failed)? {
        let (at, sealed) = row.map_err(failed)?;
        rows.extend(key.open(Kind::Event, at.value().1, sealed.value()));
    }
    Ok(rows)
}

/// Opens a row, and reads its JSON.
fn unseal<T: DeserializeOwned>(key: &RoomKey, kind: Kind, number: u64, sealed: &[u8]) -> Result<T, Failure> {
    let damage = |error: String| Failure::Damage(format!("{kind:?} {number}: {error}"));
    let text = key.open(kind, number, sealed).map_err(|error| damage(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| damage(error.to_string()))
}
