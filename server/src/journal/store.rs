//! The tables of the journal's database, and how they are changed. The rows of a room are sealed under its key.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use app::room::Snapshot;
use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, TableDefinition, TableHandle as _, WriteTransaction};

use super::{
    JournalError, REPLAYABLE_EVENTS, Recorded, Recovered, RoomRecord,
    entry::{Change, json},
    growth::Growth,
    keys::{Keys, Kind, RoomId, RoomKey},
};
use crate::locks::lock;

/// Room → its PIN.
pub(super) const PINS: TableDefinition<'_, RoomId, &[u8]> = TableDefinition::new("sealed_pins");
/// Room → its checkpoint: the revision, and the room as JSON at that revision. The events after that revision are in
/// [`EVENTS`].
pub(super) const ROOMS: TableDefinition<'_, RoomId, (u64, &[u8])> = TableDefinition::new("sealed_rooms");
/// Room and revision → the event as JSON.
pub(super) const EVENTS: TableDefinition<'_, (RoomId, u64), &[u8]> = TableDefinition::new("sealed_events");
/// Room, tag of the member and revision → the hash of the token, and the member.
pub(super) const TOKENS: TableDefinition<'_, (RoomId, u64, u64), &[u8]> = TableDefinition::new("sealed_tokens");
/// The number of the last change that is in the tables, under the only key "applied".
const APPLIED: TableDefinition<'_, &str, u64> = TableDefinition::new("progress");
/// A table of earlier versions, which did not seal their rows.
const UNSEALED: &str = "rooms";

/// How much of the database is kept in memory. The rooms are in memory anyway, so the database is only written while the
/// server runs.
const CACHE_BYTES: usize = 16 << 20;

/// The database file, and the keys of the rooms in it.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// `None` after [`Store::close`], until the next use opens it again.
    database: Mutex<Option<Arc<Database>>>,
    is_whole: bool,
    keys: Arc<Keys>,
    growth: Mutex<Growth>,
}

impl Store {
    /// Opens the database file, or creates it. Tables that are missing are created, too, unless the file is damaged: then
    /// it can only be [salvaged](Self::salvage).
    pub(super) fn open(path: &Path, keys: Arc<Keys>) -> Result<Self, JournalError> {
        let mut database = without_panic(|| open(path)).map_err(|error| match error {
            JournalError::Database(error) => JournalError::Unreadable(path.display().to_string(), error),
            error => error,
        })?;
        let is_whole = without_panic(|| database.check_integrity().map_err(failed)).is_ok();
        if is_whole {
            prepare(&database, path)?;
        }
        Ok(Self { path: path.to_owned(), database: Mutex::new(Some(Arc::new(database))), is_whole, keys, growth: Mutex::default() })
    }

    /// Whether all of the file was as it was written when it was opened.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file. The next use opens it again, which is necessary after a failure of the disk.
    pub(super) fn close(&self) {
        lock(&self.database).take();
    }

    pub(super) fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    pub(super) fn growth(&self) -> MutexGuard<'_, Growth> {
        lock(&self.growth)
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, JournalError> {
        self.database()?.begin_read().map_err(failed)
    }

    /// Begins a transaction after which the file can be opened without being repaired first, whenever the process ends. A
    /// repair would refuse a file in which a byte was changed, or go back to an earlier transaction.
    fn begin_write(&self) -> Result<WriteTransaction, JournalError> {
        let mut write = self.database()?.begin_write().map_err(failed)?;
        write.set_quick_repair(true);
        Ok(write)
    }

    fn database(&self) -> Result<Arc<Database>, JournalError> {
        let mut database = lock(&self.database);
        match &*database {
            Some(database) => Ok(Arc::clone(database)),
            None => Ok(Arc::clone(database.insert(Arc::new(open(&self.path)?)))),
        }
    }

    /// Returns the number of the last change that is in the database; 0 if there is none.
    pub(super) fn applied(&self) -> Result<u64, JournalError> {
        let progress = self.begin_read()?.open_table(APPLIED).map_err(failed)?;
        Ok(progress.get("applied").map_err(failed)?.map_or(0, |number| number.value()))
    }

    /// Makes the changes in one transaction: all of them or, on an error, none. `last` is the number of the last one. The
    /// keys of new rooms are on the disk before that. Those of erased rooms are erased after it, because their slots may then
    /// get the keys of new rooms: before the transaction, a change that is made once more would hit the new room.
    pub(super) fn write(&self, changes: &[Change], last: u64) -> Result<(), JournalError> {
        if changes.iter().any(|change| matches!(change, Change::Append { new_room: Some(_), .. })) {
            self.keys.sync().map_err(|error| io_failed(&error))?;
        }
        let write = self.begin_write()?;
        // Held until the end, so that it counts what is committed; a transaction that fails may count something twice.
        let mut growth = lock(&self.growth);
        for change in changes {
            match change {
                Change::Append { room, revision, event, new_room, token, revoked } => {
                    if let Some(new) = new_room {
                        write.open_table(PINS).map_err(failed)?.insert(room, new.pin.as_slice()).map_err(failed)?;
                        write.open_table(ROOMS).map_err(failed)?.insert(room, (0, new.checkpoint.as_slice())).map_err(failed)?;
                        growth.checkpoint(*room, new.checkpoint.len());
                    }
                    write.open_table(EVENTS).map_err(failed)?.insert((*room, *revision), event.as_slice()).map_err(failed)?;
                    growth.event(*room, event.len());
                    if let Some(tag) = revoked {
                        let mut tokens = write.open_table(TOKENS).map_err(failed)?;
                        tokens.retain_in((*room, *tag, 0)..=(*room, *tag, u64::MAX), |_, _| false).map_err(failed)?;
                    }
                    if let Some(new) = token {
                        let mut tokens = write.open_table(TOKENS).map_err(failed)?;
                        tokens.insert((*room, new.tag, *revision), new.token.as_slice()).map_err(failed)?;
                    }
                }
                Change::Forget { room } => {
                    forget(&write, *room)?;
                    growth.forget(*room);
                }
            }
        }
        write.open_table(APPLIED).map_err(failed)?.insert("applied", last).map_err(failed)?;
        write.commit().map_err(failed)?;
        drop(growth);
        let erased = |change: &Change| if let Change::Forget { room } = change { Some(*room) } else { None };
        self.erase_keys(&changes.iter().filter_map(erased).collect::<Vec<_>>());
        Ok(())
    }

    /// Erases everything about these rooms, outside of the order of changes.
    pub(super) fn forget_all(&self, rooms: &[RoomId]) -> Result<(), JournalError> {
        if rooms.is_empty() {
            return Ok(());
        }
        let write = self.begin_write()?;
        for room in rooms {
            forget(&write, *room)?;
        }
        write.commit().map_err(failed)?;
        rooms.iter().for_each(|room| lock(&self.growth).forget(*room));
        self.erase_keys(rooms);
        Ok(())
    }

    /// Erases the keys of rooms whose rows are deleted. A key that cannot be erased now is erased at the next
    /// start, because no row needs it.
    fn erase_keys(&self, rooms: &[RoomId]) {
        if rooms.is_empty() {
            return;
        }
        if let Err(error) = rooms.iter().try_for_each(|room| self.keys.erase(*room)).and_then(|()| self.keys.sync()) {
            tracing::error!(%error, "the key of a closed room could not be erased; the next start tries again");
        }
    }

    /// Writes rooms to a new database, each with a checkpoint of all its events. `applied` is the number of the last change
    /// that is in them.
    pub(super) fn restore(&self, rooms: &[(RoomKey, Recovered)], applied: u64) -> Result<(), JournalError> {
        let write = self.begin_write()?;
        for (key, Recovered { record, tokens, .. }) in rooms {
            let Snapshot { revision, room } = &record.snapshot;
            let pin = key.seal(Kind::Pin, 0, room.pin.as_str().as_bytes());
            write.open_table(PINS).map_err(failed)?.insert(key.room, pin.as_slice()).map_err(failed)?;
            let sealed = key.seal(Kind::Checkpoint, *revision, &json(record)?);
            write.open_table(ROOMS).map_err(failed)?.insert(key.room, (*revision, sealed.as_slice())).map_err(failed)?;
            for (number, token) in (0..).zip(tokens) {
                let sealed = key.seal(Kind::Token, number, &json(token)?);
                let mut table = write.open_table(TOKENS).map_err(failed)?;
                table.insert((key.room, key.tag_of(token.1), number), sealed.as_slice()).map_err(failed)?;
            }
        }
        write.open_table(APPLIED).map_err(failed)?.insert("applied", applied).map_err(failed)?;
        write.commit().map_err(failed)
    }

    /// Makes the checkpoints that are due, each in a transaction of its own: applies the events of the room to its former
    /// checkpoint, and deletes those that need not be replayed any more. The rooms in memory are not needed for that, so
    /// that nobody waits for it in a room. Returns the length of each in bytes.
    pub(super) fn make_checkpoints(&self) -> Result<Vec<usize>, JournalError> {
        let due = lock(&self.growth).due();
        let mut lengths = Vec::new();
        for room in due {
            match self.make_checkpoint(room) {
                Ok(bytes) => {
                    lock(&self.growth).checkpoint(room, bytes);
                    lengths.push(bytes);
                }
                Err(error) => {
                    lock(&self.growth).postpone(room);
                    // After a failure of the disk, the database refuses everything until it is opened again.
                    self.close();
                    return Err(error);
                }
            }
        }
        Ok(lengths)
    }

    /// Makes the checkpoint of one room, and returns its length in bytes; 0 if there is no such room.
    fn make_checkpoint(&self, room: RoomId) -> Result<usize, JournalError> {
        let Some(key) = self.keys.of(room) else { return Ok(0) };
        let Some(record) = self.room_with_all_events(&key)? else { return Ok(0) };
        let revision = record.snapshot.revision;
        let sealed = key.seal(Kind::Checkpoint, revision, &json(&record)?);
        let write = self.begin_write()?;
        write.open_table(ROOMS).map_err(failed)?.insert(room, (revision, sealed.as_slice())).map_err(failed)?;
        let oldest = revision.saturating_sub(REPLAYABLE_EVENTS);
        write.open_table(EVENTS).map_err(failed)?.retain_in((room, 0)..=(room, oldest), |_, _| false).map_err(failed)?;
        write.commit().map_err(failed)?;
        Ok(sealed.len())
    }

    /// The room as its checkpoint and the events after that make it; `None` if there is no such room.
    fn room_with_all_events(&self, key: &RoomKey) -> Result<Option<RoomRecord>, JournalError> {
        let read = self.begin_read()?;
        let rooms = read.open_table(ROOMS).map_err(failed)?;
        let Some(row) = rooms.get(key.room).map_err(failed)? else { return Ok(None) };
        let (revision, sealed) = row.value();
        let text = key.open(Kind::Checkpoint, revision, sealed).map_err(unreadable)?;
        let mut record: RoomRecord = serde_json::from_slice(&text).map_err(unreadable)?;
        let events = read.open_table(EVENTS).map_err(failed)?;
        for row in events.range((key.room, revision + 1)..=(key.room, u64::MAX)).map_err(failed)? {
            let (at, sealed) = row.map_err(failed)?;
            let text = key.open(Kind::Event, at.value().1, sealed.value()).map_err(unreadable)?;
            let recorded: Recorded = serde_json::from_slice(&text).map_err(unreadable)?;
            record.follow_over_gaps(recorded.revision, &recorded.event);
        }
        Ok(Some(record))
    }
}

/// Deletes all rows of a room.
fn forget(write: &WriteTransaction, room: RoomId) -> Result<(), JournalError> {
    write.open_table(PINS).map_err(failed)?.remove(room).map_err(failed)?;
    write.open_table(ROOMS).map_err(failed)?.remove(room).map_err(failed)?;
    write.open_table(EVENTS).map_err(failed)?.retain_in((room, 0)..=(room, u64::MAX), |_, _| false).map_err(failed)?;
    let tokens = (room, 0, 0)..=(room, u64::MAX, u64::MAX);
    write.open_table(TOKENS).map_err(failed)?.retain_in(tokens, |_, _| false).map_err(failed)
}

/// Makes the tables that are missing.
fn prepare(database: &Database, path: &Path) -> Result<(), JournalError> {
    if database.begin_read().map_err(failed)?.list_tables().map_err(failed)?.any(|table| table.name() == UNSEALED) {
        return Err(JournalError::OldFormat(path.display().to_string()));
    }
    let mut write = database.begin_write().map_err(failed)?;
    write.set_quick_repair(true);
    write.open_table(PINS).map_err(failed)?;
    write.open_table(ROOMS).map_err(failed)?;
    write.open_table(EVENTS).map_err(failed)?;
    write.open_table(TOKENS).map_err(failed)?;
    write.open_table(APPLIED).map_err(failed)?;
    write.commit().map_err(failed)
}

/// Does something with a file that may be damaged. The database panics where it trusts what it reads.
pub(super) fn without_panic<T>(work: impl FnOnce() -> Result<T, JournalError>) -> Result<T, JournalError> {
    let panicked = |_| Err(JournalError::Database("its structure is damaged".to_owned()));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(panicked)
}

fn open(path: &Path) -> Result<Database, JournalError> {
    Database::builder().set_cache_size(CACHE_BYTES).create(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => JournalError::Locked(path.display().to_string()),
        error => failed(error),
    })
}

pub(super) fn failed(error: impl Into<redb::Error>) -> JournalError {
    match error.into() {
        redb::Error::Io(error) => io_failed(&error),
        error => JournalError::Database(error.to_string()),
    }
}

/// The error of the journal for an error of one of its files.
pub(super) fn io_failed(error: &io::Error) -> JournalError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::NoSpace,
        _ => JournalError::Database(error.to_string()),
    }
}

fn unreadable(error: impl std::fmt::Display) -> JournalError {
    JournalError::Database(error.to_string())
}
