//! The files of a room: the list, the ways to add files to it, and the details of each file.

pub mod drop_zone;
pub mod file_list;
pub mod file_row;
pub mod preview;
pub mod receipts;
pub mod save_to_photos;
pub mod unfinished_files;
pub mod upload_bar;
pub mod upload_form;
