//! The writer: checks the order of events, writes a batch of jobs together, and reports the outcome of each.

use std::{collections::HashMap, sync::Arc};

use app::room::{MemberId, Pin};

use super::{
    Entry, JournalError, OnWritten, Recorded, RoomRecord, TokenHash,
    entry::{Change, Job},
    keys::{Keys, RoomId, RoomKey},
    logged_store::LoggedStore,
    store::{Store, io_failed},
};

/// Where changes are written.
#[derive(Debug)]
pub(super) enum Target {
    /// To the log. The database follows later.
    Logged(LoggedStore),
    /// To the database itself, which syncs them to the disk before the write returns.
    Database(Arc<Store>),
}

/// A room as far as it is written.
#[derive(Clone, Debug)]
pub(super) struct WrittenRoom {
    pub(super) key: RoomKey,
    /// Its last revision.
    pub(super) revision: u64,
}

/// Writes jobs to its target, and keeps the state that this needs.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) target: Target,
    /// The rooms, by PIN.
    pub(super) rooms: HashMap<Pin, WrittenRoom>,
    pub(super) keys: Arc<Keys>,
    /// Number of the last change.
    pub(super) last: u64,
}

impl Writer {
    /// Writes a batch, completely or not at all, and calls `on_written` of each job. An entry whose events do not
    /// follow the last revision of their room is left out with [`JournalError::Overtaken`]; this does not affect the
    /// other jobs.
    pub(super) fn write(&mut self, jobs: Vec<Job>) {
        // Each room after the batch; `None` for a room that the batch erases.
        let mut ahead: HashMap<Pin, Option<WrittenRoom>> = HashMap::new();
        let mut changes = Vec::with_capacity(jobs.len());
        let mut verdicts: Vec<(OnWritten, Result<(), JournalError>)> = Vec::with_capacity(jobs.len());
        let mut new_keys = Vec::new();
        for job in jobs {
            match job {
                Job::Append(entry) => {
                    let Entry { pin, new_room, events, token, on_written } = *entry;
                    let before = ahead.get(&pin).cloned().unwrap_or_else(|| self.rooms.get(&pin).cloned());
                    let sealed = self.seal(before, new_room.as_deref(), &events, token.as_ref(), &mut new_keys);
                    verdicts.push((
                        on_written,
                        sealed.map(|(sealed, room)| {
                            ahead.insert(pin, Some(room));
                            changes.extend(sealed);
                        }),
                    ));
                }
                Job::Forget(pin, on_written) => {
                    let room = ahead.insert(pin.clone(), None).unwrap_or_else(|| self.rooms.get(&pin).cloned());
                    changes.extend(room.map(|room| Change::Forget { room: room.key.room }));
                    verdicts.push((on_written, Ok(())));
                }
            }
        }
        let written = self.write_changes(changes);
        if let Err(error) = &written {
            tracing::error!(journal.jobs = verdicts.len(), %error, "nothing could be written to the journal");
            for room in new_keys {
                if let Err(error) = self.keys.erase(room) {
                    tracing::error!(%error, "a key that is not needed could not be erased; the next start tries again");
                }
            }
        } else {
            for (pin, room) in ahead {
                match room {
                    Some(room) => self.rooms.insert(pin, room),
                    None => self.rooms.remove(&pin),
                };
            }
        }
        for (on_written, verdict) in verdicts {
            on_written(verdict.and(written.clone()));
        }
        if let Target::Database(store) = &self.target
            && let Err(error) = store.make_checkpoints()
        {
            tracing::warn!(%error, "a checkpoint could not be made; the events are kept");
        }
    }

    /// Makes the changes of an entry, and the room after them. `room` is the room before; without one, the entry has to
    /// make a new one, whose key is added to `new_keys`.
    ///
    /// # Errors
    /// [`JournalError::Overtaken`] when the events do not follow the last revision of the room, or the error of the file
    /// of the keys.
    fn seal(
        &self,
        room: Option<WrittenRoom>,
        new_room: Option<&RoomRecord>,
        events: &[Recorded],
        token: Option<&(TokenHash, MemberId)>,
        new_keys: &mut Vec<RoomId>,
    ) -> Result<(Vec<Change>, WrittenRoom), JournalError> {
        let last = room.as_ref().map_or(0, |room| room.revision);
        if events.first().is_none_or(|first| first.revision != last + 1) || room.is_some() == new_room.is_some() {
            return Err(JournalError::Overtaken);
        }
        let mut room = match room {
            Some(room) => room,
            None => {
                let key = self.keys.make().map_err(|error| io_failed(&error))?;
                new_keys.push(key.room);
                WrittenRoom { key, revision: 0 }
            }
        };
        let mut changes = Vec::with_capacity(events.len());
        for recorded in events {
            // The room and the token go with the first event.
            let is_first = changes.is_empty();
            changes.push(Change::append(&room.key, recorded, new_room.filter(|_| is_first), token.filter(|_| is_first))?);
        }
        room.revision += events.len() as u64;
        Ok((changes, room))
    }

    fn write_changes(&mut self, changes: Vec<Change>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (first, last) = (self.last + 1, self.last + changes.len() as u64);
        match &self.target {
            Target::Logged(store) => store.write(first, changes)?,
            Target::Database(store) => {
                if let Err(error) = store.write(&changes, last) {
                    // After a failure of the disk, the database refuses everything until it is opened again.
                    store.close();
                    return Err(error);
                }
            }
        }
        self.last = last;
        Ok(())
    }
}
