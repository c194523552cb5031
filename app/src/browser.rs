//! Everything that touches web-sys: it acts, components only draw.
//!
//! The module compiles for the server too, where no event ever calls it.

pub mod api;
pub mod kept_files;
pub mod live_room;
pub mod page;
pub mod socket;
pub mod toasts;
pub mod uploader;

mod backoff;
mod tab_lock;
