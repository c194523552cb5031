//! The tables of the journal's database, and how they are read and changed.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{JournalError, REPLAYABLE_EVENTS, Recorded, Recovered, RoomRecord, TokenHash, entry::Change};
use crate::locks::lock;

/// PIN → the room as JSON at some revision; the events after that revision are in [`EVENTS`].
const ROOMS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("rooms");
/// PIN and revision → the event as JSON.
const EVENTS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("events");
/// PIN and token hash → the member's id.
const TOKENS: TableDefinition<'_, (&str, TokenHash), &str> = TableDefinition::new("tokens");
/// The number of the last change that is in the tables, under the only key "applied".
const APPLIED: TableDefinition<'_, &str, u64> = TableDefinition::new("progress");

/// The database file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// `None` after [`Store::close`], until the next use opens it again.
    database: Mutex<Option<Arc<Database>>>,
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
        Ok(Self { path: path.to_owned(), database: Mutex::new(Some(Arc::new(database))) })
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
        for row in rooms.iter().map_err(failed)? {
            let (pin, record) = row.map_err(failed)?;
            let pin = pin.value();
            let mut record: RoomRecord = serde_json::from_slice(record.value()).map_err(unreadable)?;
            let mut replayable = Vec::new();
            for row in events.range((pin, 0)..=(pin, u64::MAX)).map_err(failed)? {
                let (_, recorded) = row.map_err(failed)?;
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
        for change in changes {
            match change {
                Change::Append { pin, recorded, token, checkpoint } => {
                    let pin = pin.as_str();
                    append(&write, pin, recorded, checkpoint.as_deref())?;
                    if let Some((hash, member)) = token {
                        let mut tokens = write.open_table(TOKENS).map_err(failed)?;
                        tokens.insert((pin, *hash), member.to_string().as_str()).map_err(failed)?;
                    }
                }
                Change::Forget { pin } => forget(&write, pin.as_str())?,
            }
        }
        write.open_table(APPLIED).map_err(failed)?.insert("applied", last).map_err(failed)?;
        write.commit().map_err(failed)
    }
}

fn append(write: &WriteTransaction, pin: &str, recorded: &Recorded, checkpoint: Option<&RoomRecord>) -> Result<(), JournalError> {
    let revision = recorded.revision;
    let mut events = write.open_table(EVENTS).map_err(failed)?;
    let event = serde_json::to_vec(recorded).map_err(unreadable)?;
    events.insert((pin, revision), event.as_slice()).map_err(failed)?;
    if let Some(record) = checkpoint {
        let record = serde_json::to_vec(record).map_err(unreadable)?;
        write.open_table(ROOMS).map_err(failed)?.insert(pin, record.as_slice()).map_err(failed)?;
        let oldest = revision.saturating_sub(REPLAYABLE_EVENTS);
        events.retain_in((pin, 0)..=(pin, oldest), |_, _| false).map_err(failed)?;
    }
    Ok(())
}

fn forget(write: &WriteTransaction, pin: &str) -> Result<(), JournalError> {
    write.open_table(ROOMS).map_err(failed)?.remove(pin).map_err(failed)?;
    write.open_table(EVENTS).map_err(failed)?.retain_in((pin, 0)..=(pin, u64::MAX), |_, _| false).map_err(failed)?;
    write.open_table(TOKENS).map_err(failed)?.retain_in((pin, [0; 32])..=(pin, [0xff; 32]), |_, _| false).map_err(failed)
}

fn open(path: &Path) -> Result<Database, JournalError> {
    Database::create(path).map_err(|error| match error {
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
