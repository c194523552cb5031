//! Paths of a server that has its host for itself. The handlers of the server use these, because a layer around them adds the base
//! path to what they respond. Pages use the addresses of `wire`, such as [`super::room`], which have it.

use crate::room::{FileId, Pin};

/// The rooms in the API: `GET` lists those in which the browser has a seat, `POST` creates one.
pub const ROOMS: &str = "/api/rooms";

/// One room in the API.
#[must_use]
pub fn room(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}")
}

/// The texts to copy of a room.
#[must_use]
pub fn snippets(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}/snippets")
}

/// One file.
#[must_use]
pub fn file(pin: &Pin, id: FileId) -> String {
    format!("{ROOMS}/{pin}/files/{id}")
}

/// The page of a room.
#[must_use]
pub fn room_page(pin: &Pin) -> String {
    format!("/r/{pin}")
}

/// The page for joining a room.
#[must_use]
pub fn join_page(pin: &Pin) -> String {
    format!("/join/{pin}")
}
