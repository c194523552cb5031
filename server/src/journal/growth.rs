//! How much has been written of each room since its checkpoint, which decides when the next checkpoint is made.

use std::collections::{HashMap, HashSet};

/// Bytes of events after which the checkpoint of a small room is made anew.
const MIN_EVENT_BYTES: usize = 64 * 1024;

/// The growth of all rooms, by PIN.
///
/// A checkpoint is due when the events after the last one have outgrown it. So what is written for checkpoints is never
/// more than about what is written for events, however large the room is.
#[derive(Debug, Default)]
pub(super) struct Growth {
    rooms: HashMap<String, RoomGrowth>,
    due: HashSet<String>,
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
    pub(super) fn checkpoint(&mut self, pin: &str, bytes: usize) {
        self.rooms.insert(pin.to_owned(), RoomGrowth { checkpoint_bytes: bytes, event_bytes: 0 });
        self.due.remove(pin);
    }

    /// Notes that an event of this many bytes was written.
    pub(super) fn event(&mut self, pin: &str, bytes: usize) {
        if !self.rooms.contains_key(pin) {
            self.rooms.insert(pin.to_owned(), RoomGrowth::default());
        }
        let Some(room) = self.rooms.get_mut(pin) else { return };
        room.event_bytes += bytes;
        if room.event_bytes > room.checkpoint_bytes.max(MIN_EVENT_BYTES) {
            self.due.insert(pin.to_owned());
        }
    }

    /// Notes that the checkpoint of the room could not be made: it is due again when the room has grown as much once more.
    pub(super) fn postpone(&mut self, pin: &str) {
        if let Some(room) = self.rooms.get_mut(pin) {
            room.event_bytes = 0;
        }
        self.due.remove(pin);
    }

    /// Notes that the room was erased.
    pub(super) fn forget(&mut self, pin: &str) {
        self.rooms.remove(pin);
        self.due.remove(pin);
    }

    /// The rooms whose next checkpoint is due.
    pub(super) fn due(&self) -> Vec<String> {
        self.due.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_due_when_the_events_have_outgrown_it() {
        let mut growth = Growth::default();
        growth.checkpoint("1234", 100);
        growth.event("1234", MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event("1234", 1);
        assert_eq!(growth.due(), ["1234"]);

        growth.checkpoint("1234", 2 * MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event("1234", 2 * MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event("1234", 1);
        assert_eq!(growth.due(), ["1234"]);
        growth.forget("1234");
        assert!(growth.due().is_empty());
    }

    #[test]
    fn a_checkpoint_that_failed_is_not_tried_with_every_event() {
        let mut growth = Growth::default();
        growth.event("1234", MIN_EVENT_BYTES + 1);
        growth.postpone("1234");
        growth.event("1234", MIN_EVENT_BYTES);
        assert!(growth.due().is_empty());
        growth.event("1234", 1);
        assert_eq!(growth.due(), ["1234"]);
    }
}
