//! What both sides of SnapDrop share: the vocabulary and the interface.
//!
//! - [`room`]: the room, its events, and the one function that folds them.
//! - [`wire`]: what travels between browser and server, and at which addresses.
//! - [`pages`]: what a person opens; they wire.
//! - [`components`]: one visual noun each; they draw.
//! - [`browser`]: everything that touches web-sys; it acts.
//! - [`i18n`]: every word of the interface, in thirteen languages.
//! - [`format`]: sizes and times as text.
//! - [`shell`]: the program around the pages, and what the server knows when it paints one.
//!
//! `pages → components → browser → {room, wire}`: `room` and `wire` know neither leptos nor web-sys.

// A view is one nested type, and a whole page nests deeper than the compiler looks by default.
#![recursion_limit = "256"]

pub mod browser;
pub mod components;
#[cfg(feature = "ssr")]
mod document;
pub mod format;
pub mod i18n;
pub mod pages;
pub mod room;
pub mod shell;
pub mod wire;

#[cfg(feature = "ssr")]
pub use document::{Bundle, document};
