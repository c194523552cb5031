//! What both sides of SnapDrop share: the vocabulary and the interface.
//!
//! - [`room`]: the room, its events, and the one function that folds them.
//! - [`wire`]: what travels between browser and server, and at which addresses.
//! - [`pages`]: what a person opens; they wire.
//! - [`components`]: one visual noun each; they draw.
//! - [`browser`]: everything that touches web-sys; it acts.
//! - [`format`]: sizes and times as text.
//!
//! `pages → components → browser → {room, wire}`: `room` and `wire` know neither leptos nor web-sys.

pub mod browser;
pub mod components;
pub mod format;
pub mod pages;
pub mod room;
mod shell;
pub mod wire;

pub use shell::{App, Bundle, FirstPaint, Page, shell};
