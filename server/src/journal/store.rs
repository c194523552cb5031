//! The tables of the journal's database, and how they are read and changed.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use app::room::RoomEvent;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{JournalError, REPLAYABLE_EVENTS, Recorded, Recovered, RoomRecord, TokenHash, entry::Change, growth::Growth};
use crate::locks::lock;

/// PIN → the checkpoint of the room: the room as JSON at some revision. The events after that revision are in [`EVENTS`].
const ROOMS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("rooms");
/// PIN and revision → the event as JSON.
const EVENTS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("events");
/// PIN and token hash → the member's id.
const TOKENS: TableDefinition<'_, (&str, TokenHash), &str> = TableDefinition::new("tokens");
/// The number of the last change that is in the tables, under the only key "applied".
const APPLIED: TableDefinition<'_, &str, u64> = TableDefinition::new("progress");

/// How much of the database is kept in memory. The rooms are in memory anyway, so the database is only written while the
/// server runs.
const CACHE_BYTES: usize = 16 << 20;

/// The database file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// `None` after [`Store::close`], until the next use opens it again.
    database: Mutex<Option<Arc<Database>>>,
    growth: Mutex<Growth>,
}

impl Store {
    /// Opens the database file, or creates it. Tables that are missing are created, too.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let database = open(path)?;
        let write = database.begin_write().map_err(failed)?;
        write.open_table(ROOMS).map_err(failed)?;
        write.open_table(EVENTS).map_err(failed)?;
        write.open_table(TOKENS).map_err(failed)?;
        write.open_table(APPLIED).map_err(failed)?;
        write.commit().map_err(failed)?;
        Ok(Self { path: path.to_owned(), database: Mutex::new(Some(Arc::new(database))), growth: Mutex::default() })
    }

    /// Closes the file. The next use opens it again, which is necessary after a failure of the disk.
    pub(super) fn close(&self) {
        lock(&self.database).take();
    }

    fn database(&self) -> Result<Arc<Database>, JournalError> {
        let mut database = lock(&self.database);
        match &*database {
            Some(database) => Ok(Arc::clone(database)),
            None => Ok(Arc::clone(database.insert(Arc::new(open(&self.path)?)))),
        }
    }

    /// Reads every room and applies its events to it.
    pub(super) fn recover(&self) -> Result<Vec<Recovered>, JournalError> {
        let read = self.database()?.begin_read().map_err(failed)?;
        let rooms = read.open_table(ROOMS).map_err(failed)?;
        let events = read.open_table(EVENTS).map_err(failed)?;
        let tokens = read.open_table(TOKENS).map_err(failed)?;
        let mut recovered = Vec::new();
        let mut growth = lock(&self.growth);
        for row in rooms.iter().map_err(failed)? {
            let (pin, record) = row.map_err(failed)?;
            let pin = pin.value();
            growth.checkpoint(pin, record.value().len());
            let mut record: RoomRecord = serde_json::from_slice(record.value()).map_err(unreadable)?;
            let mut replayable = Vec::new();
            for row in events.range((pin, 0)..=(pin, u64::MAX)).map_err(failed)? {
                let (key, recorded) = row.map_err(failed)?;
                if key.value().1 > record.snapshot.revision {
                    growth.event(pin, recorded.value().len());
                }
                let recorded: Recorded = serde_json::from_slice(recorded.value()).map_err(unreadable)?;
                record.follow(recorded.revision, &recorded.event).map_err(unreadable)?;
                replayable.push(recorded);
            }
            let mut known = Vec::new();
            for row in tokens.range((pin, [0; 32])..=(pin, [0xff; 32])).map_err(failed)? {
                let (key, member) = row.map_err(failed)?;
                known.push((key.value().1, member.value().parse().map_err(unreadable)?));
            }
            recovered.push(Recovered { record, events: replayable, tokens: known });
        }
        Ok(recovered)
    }

    /// Returns the number of the last change that is in the database; 0 if there is none.
    pub(super) fn applied(&self) -> Result<u64, JournalError> {
        let read = self.database()?.begin_read().map_err(failed)?;
        let progress = read.open_table(APPLIED).map_err(failed)?;
        Ok(progress.get("applied").map_err(failed)?.map_or(0, |number| number.value()))
    }

    /// Makes the changes in one transaction: all of them or, on an error, none. `last` is the number of the last one.
    pub(super) fn write(&self, changes: &[Change], last: u64) -> Result<(), JournalError> {
        let write = self.database()?.begin_write().map_err(failed)?;
        // Held until the end, so that it counts what is committed; a transaction that fails may count something twice.
        let mut growth = lock(&self.growth);
        for change in changes {
            match change {
                Change::Append { pin, recorded, token, checkpoint } => {
                    let pin = pin.as_str();
                    if let Some(record) = checkpoint {
                        growth.checkpoint(pin, write_checkpoint(&write, pin, record)?);
                    }
                    growth.event(pin, write_event(&write, pin, recorded)?);
                    if let Some((hash, member)) = token {
                        let mut tokens = write.open_table(TOKENS).map_err(failed)?;
                        tokens.insert((pin, *hash), member.to_string().as_str()).map_err(failed)?;
                    }
                }
                Change::Forget { pin } => {
                    forget(&write, pin.as_str())?;
                    growth.forget(pin.as_str());
                }
            }
        }
        write.open_table(APPLIED).map_err(failed)?.insert("applied", last).map_err(failed)?;
        write.commit().map_err(failed)
    }

    /// Makes the checkpoints that are due, each in a transaction of its own: applies the events of the room to its former
    /// checkpoint, and deletes those that need not be replayed any more. The rooms in memory are not needed for that, so
    /// that nobody waits for it in a room. Returns the length of each in bytes.
    pub(super) fn make_checkpoints(&self) -> Result<Vec<usize>, JournalError> {
        let due = lock(&self.growth).due();
        let mut lengths = Vec::new();
        for pin in due {
            match self.make_checkpoint(&pin) {
                Ok(bytes) => {
                    lock(&self.growth).checkpoint(&pin, bytes);
                    lengths.push(bytes);
                }
                Err(error) => {
                    lock(&self.growth).postpone(&pin);
                    // After a failure of the disk, the database refuses everything until it is opened again.
                    self.close();
                    return Err(error);
                }
            }
        }
        Ok(lengths)
    }

    /// Makes the checkpoint of one room, and returns its length in bytes; 0 if there is no such room.
    fn make_checkpoint(&self, pin: &str) -> Result<usize, JournalError> {
        let Some(record) = self.room_with_all_events(pin)? else { return Ok(0) };
        let write = self.database()?.begin_write().map_err(failed)?;
        let bytes = write_checkpoint(&write, pin, &record)?;
        write.commit().map_err(failed)?;
        Ok(bytes)
    }

    /// The room as its checkpoint and the events after that make it; `None` if there is no such room.
    fn room_with_all_events(&self, pin: &str) -> Result<Option<RoomRecord>, JournalError> {
        let read = self.database()?.begin_read().map_err(failed)?;
        let rooms = read.open_table(ROOMS).map_err(failed)?;
        let Some(record) = rooms.get(pin).map_err(failed)? else { return Ok(None) };
        let mut record: RoomRecord = serde_json::from_slice(record.value()).map_err(unreadable)?;
        let events = read.open_table(EVENTS).map_err(failed)?;
        for row in events.range((pin, record.snapshot.revision + 1)..=(pin, u64::MAX)).map_err(failed)? {
            let (_, recorded) = row.map_err(failed)?;
            let recorded: Recorded = serde_json::from_slice(recorded.value()).map_err(unreadable)?;
            record.follow(recorded.revision, &recorded.event).map_err(unreadable)?;
        }
        Ok(Some(record))
    }
}

/// Writes an event, and returns its length in bytes.
fn write_event(write: &WriteTransaction, pin: &str, recorded: &Recorded) -> Result<usize, JournalError> {
    if let RoomEvent::MemberForgotten { id } = &recorded.event {
        let mut tokens = write.open_table(TOKENS).map_err(failed)?;
        let id = id.to_string();
        tokens.retain_in((pin, [0; 32])..=(pin, [0xff; 32]), |_, member| member != id).map_err(failed)?;
    }
    let event = serde_json::to_vec(recorded).map_err(unreadable)?;
    write.open_table(EVENTS).map_err(failed)?.insert((pin, recorded.revision), event.as_slice()).map_err(failed)?;
    Ok(event.len())
}

/// Writes the checkpoint of a room, and deletes the events that need not be replayed any more. Returns the length of the
/// checkpoint in bytes.
fn write_checkpoint(write: &WriteTransaction, pin: &str, record: &RoomRecord) -> Result<usize, JournalError> {
    let row = serde_json::to_vec(record).map_err(unreadable)?;
    write.open_table(ROOMS).map_err(failed)?.insert(pin, row.as_slice()).map_err(failed)?;
    let oldest = record.snapshot.revision.saturating_sub(REPLAYABLE_EVENTS);
    write.open_table(EVENTS).map_err(failed)?.retain_in((pin, 0)..=(pin, oldest), |_, _| false).map_err(failed)?;
    Ok(row.len())
}

fn forget(write: &WriteTransaction, pin: &str) -> Result<(), JournalError> {
    write.open_table(ROOMS).map_err(failed)?.remove(pin).map_err(failed)?;
    write.open_table(EVENTS).map_err(failed)?.retain_in((pin, 0)..=(pin, u64::MAX), |_, _| false).map_err(failed)?;
    write.open_table(TOKENS).map_err(failed)?.retain_in((pin, [0; 32])..=(pin, [0xff; 32]), |_, _| false).map_err(failed)
}

fn open(path: &Path) -> Result<Database, JournalError> {
    Database::builder().set_cache_size(CACHE_BYTES).create(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => JournalError::Locked(path.display().to_string()),
        error => failed(error),
    })
}

fn failed(error: impl Into<redb::Error>) -> JournalError {
    match error.into() {
        redb::Error::Io(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            JournalError::NoSpace
        }
        error => JournalError::Database(error.to_string()),
    }
}

fn unreadable(error: impl std::fmt::Display) -> JournalError {
    JournalError::Database(error.to_string())
}
