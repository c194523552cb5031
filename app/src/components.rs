//! One visual noun each: components draw the room and hand what people do to [`crate::browser`].

pub mod board;
pub mod close_room;
pub mod create_room;
pub mod device_icon;
pub mod drop_zone;
pub mod file_list;
pub mod file_row;
pub mod flaps;
pub mod icons;
pub mod join_form;
pub mod link_status;
pub mod masthead;
pub mod member_list;
pub mod member_row;
pub mod pin_entry;
pub mod problem_text;
pub mod qr;
pub mod rename;
pub mod toast_list;
pub mod unfinished_files;
pub mod upload_bar;
