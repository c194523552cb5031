//! The members of a room.

pub mod device_icon;
pub mod member_list;
pub mod member_row;
pub mod rename;
