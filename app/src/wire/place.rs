//! The pages, by their addresses.

use serde::{Deserialize, Serialize};

use crate::room::Pin;

/// What a person opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Create or join.
    Home,
    /// A room.
    Room(Pin),
    /// The way into a room: what the QR code holds.
    Join(Pin),
    /// Nothing is there.
    Nowhere,
}

impl Place {
    /// The place at a path.
    #[must_use]
    pub fn at(path: &str) -> Self {
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

    /// Where the place is; nothing is everywhere else.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Home | Self::Nowhere => "/".to_owned(),
            Self::Room(pin) => super::room_page(pin),
            Self::Join(pin) => super::join_page(pin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_at_its_path() {
        let pin: Pin = "482913".parse().unwrap();
        for place in [Place::Home, Place::Room(pin.clone()), Place::Join(pin)] {
            assert_eq!(Place::at(&place.path()), place);
        }
    }

    #[test]
    fn nothing_is_everywhere_else() {
        for path in ["", "r/482913", "/r", "/r/", "/r/48291x", "/r/482913/", "/r/482913/files", "/join/", "/nowhere"] {
            assert_eq!(Place::at(path), Place::Nowhere, "{path}");
        }
    }
}
