//! What a person opens. Pages decide which components stand on them, and where each leads.

pub mod home;
pub mod join;
pub mod lazy_room;
pub mod not_found;
pub mod room;
