//! The ways into a room: creating one, joining one, and returning to one.

pub mod create_room;
pub mod join_form;
pub mod known_rooms;
pub mod lazy_shared_content;
pub mod pin_entry;
pub mod share_hint;
pub mod shared_content;
