//! Counting the bytes of uploads of unknown length against the size limit of their room.

use app::room::{FileId, PassingEvent};

use super::{RoomHandle, state::State};

impl RoomHandle {
    /// Counts `file_bytes` bytes for a file of unknown length, before they are received, unless the room would have
    /// more than `most_bytes` with them. Returns whether they were counted. The check and the count are one step under
    /// the room's lock, so that many uploads together cannot exceed the limit of the room.
    #[must_use]
    pub fn count_bytes(&self, id: FileId, file_bytes: u64, most_bytes: u64) -> bool {
        let mut state = self.lock();
        let State { decided, committed, .. } = &mut *state;
        let room = &decided.snapshot.room;
        let Some(file) = room.upload(id) else { return false };
        let others = room.size_bytes().saturating_sub(file.size_bytes.unwrap_or(file.offset_bytes));
        let fits = others.saturating_add(file_bytes) <= most_bytes;
        if fits {
            let counted = PassingEvent::FileProgress { id, offset_bytes: file_bytes, state: file.state };
            decided.snapshot.room.pass(&counted);
            committed.snapshot.room.pass(&counted);
        }
        fits
    }
}
