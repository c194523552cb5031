//! What concerns the room as a whole: its PIN, the connection to it, its texts, and closing or leaving it.

pub mod all_received;
pub mod announcer;
pub mod board;
pub mod close_room;
pub mod closed_room;
mod lacking;
pub mod leave_room;
pub mod link_status;
pub mod notice_offer;
pub mod qr;
pub mod snippet_list;
pub mod way_here;
