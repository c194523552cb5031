//! The table of the rooms, by PIN. It counts along what would else be counted over all rooms with each request.

use std::{collections::HashMap, net::IpAddr};

use app::room::{PIN_DIGITS, Pin};

use super::RoomHandle;

/// All rooms of the server, including closed ones that are still being erased.
#[derive(Debug, Default)]
pub(super) struct Table {
    rooms: HashMap<Pin, RoomHandle>,
    /// How many rooms were created from each network.
    by_creator: HashMap<IpAddr, usize>,
    /// How many rooms have a PIN of so many digits.
    by_digits: [usize; *PIN_DIGITS.end() + 1],
}

impl Table {
    pub(super) fn insert(&mut self, room: RoomHandle) {
        let pin = room.pin().clone();
        self.remove(&pin);
        if let Some(creator) = room.creator() {
            *self.by_creator.entry(creator).or_default() += 1;
        }
        self.by_digits[pin.as_str().len()] += 1;
        self.rooms.insert(pin, room);
    }

    pub(super) fn remove(&mut self, pin: &Pin) {
        let Some(room) = self.rooms.remove(pin) else { return };
        self.by_digits[pin.as_str().len()] -= 1;
        if let Some(creator) = room.creator()
            && let Some(count) = self.by_creator.get_mut(&creator)
        {
            *count -= 1;
            if *count == 0 {
                self.by_creator.remove(&creator);
            }
        }
    }

    pub(super) fn get(&self, pin: &Pin) -> Option<&RoomHandle> {
        self.rooms.get(pin)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &RoomHandle> {
        self.rooms.values()
    }

    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// How many rooms were created from this network.
    pub(super) fn created_by(&self, creator: IpAddr) -> usize {
        self.by_creator.get(&creator).copied().unwrap_or(0)
    }

    /// The most digits that a PIN has; 0 without rooms.
    pub(super) fn most_digits(&self) -> usize {
        self.by_digits.iter().rposition(|count| *count > 0).unwrap_or(0)
    }
}
