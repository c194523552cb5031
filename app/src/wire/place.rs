//! The places in the interface: which page is at which address.

use serde::{Deserialize, Serialize};

use crate::room::Pin;

/// A page that a person can open, as its address names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The first page, on which a room is created or joined.
    Home,
    /// The page of a room.
    Room(Pin),
    /// The page for joining a room, to which the QR code leads.
    Join(Pin),
    /// An address at which there is no page.
    Nowhere,
}

impl Place {
    /// The place at an address without its origin; [`Self::Nowhere`] when there is no page.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self::at_path(super::base_path().strip(address).unwrap_or(address))
    }

    /// The place at a path of a server that has its host for itself, as the server's handlers know it.
    #[must_use]
    pub fn at_path(path: &str) -> Self {
        let pin = |digits: &str| digits.parse().ok();
        let place = match path.strip_prefix('/') {
            Some("") => Some(Self::Home),
            Some(rest) => match rest.split_once('/') {
                Some(("r", digits)) => pin(digits).map(Self::Room),
                Some(("join", digits)) => pin(digits).map(Self::Join),
                _ => None,
            },
            None => None,
        };
        place.unwrap_or(Self::Nowhere)
    }

    /// The address of the place, without its origin. [`Self::Nowhere`] has no path of its own, so it gives that of the first page.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Home | Self::Nowhere => super::address("/"),
            Self::Room(pin) => super::room_page(pin),
            Self::Join(pin) => super::join_page(pin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_at_its_address() {
        let pin: Pin = "482913".parse().unwrap();
        for place in [Place::Home, Place::Room(pin.clone()), Place::Join(pin)] {
            assert_eq!(Place::at(&place.address()), place);
        }
    }

    #[test]
    fn nothing_is_everywhere_else() {
        for path in ["", "r/482913", "/r", "/r/", "/r/48291x", "/r/482913/", "/r/482913/files", "/join/", "/nowhere"] {
            assert_eq!(Place::at(path), Place::Nowhere, "{path}");
        }
    }
}
