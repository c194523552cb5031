//! Files in the browser: files of this device are picked, remembered across visits and sent to a room, and files of the
//! room are previewed.

pub mod folder_picker;
pub mod kept_files;
pub mod picked_file;
pub mod picking;
pub mod preview;
pub mod saving;
pub(crate) mod speed;
pub mod uploader;
