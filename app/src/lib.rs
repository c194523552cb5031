//! What the server and the browser share: the room with its events, and the whole interface. The crate is compiled
//! for both.
//!
//! - [`room`]: the room, its events, and the function that folds events into the room.
//! - [`wire`]: what travels between browser and server, and at which addresses.
//! - [`pages`]: the pages that a person can open. They put components together.
//! - [`components`]: the visible parts of the pages.
//! - [`browser`]: what the pages do in a browser, by web-sys.
//! - [`i18n`]: every text of the interface, in thirteen languages.
//! - [`mod@format`]: sizes, durations and PINs as text.
//! - [`theme`]: the choice between light and dark.
//! - [`first_paint`]: what the server embeds in a page for its hydration.
//! - [`shell`]: the root component, which chooses the page for an address.
//!
//! Dependencies point one way:
//! `shell → pages → components → first_paint → browser → format → {i18n, theme} → wire → room`. `room` and `wire` use
//! neither leptos nor web-sys.

// A view is one nested type, and that of a whole page is nested deeper than the compiler's default limit.
#![recursion_limit = "256"]

pub mod browser;
pub mod components;
#[cfg(feature = "ssr")]
mod document;
pub mod first_paint;
pub mod format;
pub mod i18n;
pub mod pages;
pub mod room;
pub mod shell;
pub mod theme;
pub mod wire;

#[cfg(feature = "ssr")]
pub use document::{Bundle, document};
