//! The pages that a person can open. A page decides which components it consists of, and where each of them leads.

pub mod home;
pub mod join;
pub mod lazy_room;
mod lazy_windows;
pub mod not_found;
pub mod room;
