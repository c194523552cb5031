//! The pages that a person can open. A page decides which components it consists of, and where each of them leads.

pub mod home;
pub mod join;
pub mod lazy_part;
pub mod lazy_room;
pub mod not_found;
pub mod room;
