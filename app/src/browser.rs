//! Everything that touches web-sys: it acts, components only draw.
//!
//! The module compiles for the server too, where no event ever calls it.

pub mod activity;
pub mod api;
pub mod hydration;
pub mod installed_app;
pub mod kept_files;
pub mod language;
pub mod leaving;
pub mod live_room;
pub mod notices;
pub mod page;
pub mod page_badge;
pub mod picking;
pub mod places;
pub mod preview;
pub mod problem_text;
pub mod removals;
pub mod socket;
pub mod theme;
pub mod toasts;
pub mod uploader;
pub mod wake_lock;

mod backoff;
mod tab_lock;
