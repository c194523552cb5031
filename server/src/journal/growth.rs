//! How much has been written of each room since its checkpoint, which decides when the next checkpoint is made.

use std::collections::{HashMap, HashSet};

use super::keys::RoomId;

/// Bytes of events after which the checkpoint of a small room is made anew.
const MIN_EVENT_BYTES: usize = 64 * 1024;

/// The growth of all rooms.
///
/// A checkpoint is due when the events after the last one have outgrown it. So what is written for checkpoints is never
/// more than about what is written for events, however large the room is.
#[derive(Debug, Default)]
pub(super) struct Growth {
    rooms: HashMap<RoomId, RoomGrowth>,
    due: HashSet<RoomId>,
}

#[derive(Debug, Default)]
struct RoomGrowth {
    /// The length of the checkpoint.
    checkpoint_bytes: usize,
    /// The lengths of the events after it together.
    event_bytes: usize,
}

impl Growth {
    /// Notes that a checkpoint of this many bytes was written.
    pub(super) fn checkpoint(&mut self, room: RoomId, bytes: usize) {
        self.rooms.insert(room, RoomGrowth { checkpoint_bytes: bytes, event_bytes: 0 });
        self.due.remove(&room);
    }

    /// Notes that an event of this many bytes was written.
    pub(super) fn event(&mut self, room: RoomId, bytes: usize) {
        let growth = self.rooms.entry(room).or_default();
        growth.event_bytes += bytes;
        if growth.event_bytes > growth.checkpoint_bytes.max(MIN_EVENT_BYTES) {
            self.due.insert(room);
        }
    }

    /// Notes that the checkpoint of the room could not be made: it is due again when the room has grown as much once more.
    pub(super) fn postpone(&mut self, room: RoomId) {
        if let Some(growth) = self.rooms.get_mut(&room) {
            growth.event_bytes = 0;
        }
        self.due.remove(&room);
    }

    /// Notes that the room was erased.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        self.due.remove(&room);
    }

    /// The rooms whose next checkpoint is due.
    pub(super) fn due(&self) -> Vec<RoomId> {
        self.due.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_due_when_the_events_have_outgrown_it() {
        let mut growth = Growth::default();
        growth.checkpoint(7, 100);
        growth.event(7, MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event(7, 1);
        assert_eq!(growth.due(), [7]);

        growth.checkpoint(7, 2 * MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event(7, 2 * MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event(7, 1);
        assert_eq!(growth.due(), [7]);
        growth.forget(7);
        assert!(growth.due().is_empty());
    }

    #[test]
    fn a_checkpoint_that_failed_is_not_tried_with_every_event() {
        let mut growth = Growth::default();
        growth.event(7, MIN_EVENT_BYTES + 1);
        growth.postpone(7);
        growth.event(7, MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event(7, 1);
        assert_eq!(growth.due(), [7]);
    }
}
