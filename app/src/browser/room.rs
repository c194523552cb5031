//! The room that the page shows: its state, which is followed over the live socket, and how the page reacts to changes.

pub mod activity;
pub mod live_room;
pub mod notices;
pub mod page_badge;
pub mod removals;
pub mod socket;

mod changes;
mod topic;
