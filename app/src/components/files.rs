//! The files of a room: the list, the ways to add files to it, and the details of each file.

pub mod already_here;
pub mod download_all;
pub mod drop_zone;
pub mod file_details;
pub mod file_list;
pub mod file_row;
pub mod list_head;
pub mod listing;
pub mod new_files;
pub mod preview;
pub mod receipts;
pub mod removing;
pub mod save_to_photos;
pub mod selection;
pub mod unfinished_files;
pub mod upload_bar;
pub mod upload_form;
