//! The name that the person chose for themselves, which this device remembers for the next room.

use super::stored;

/// The key under which the browser's storage keeps the name.
const KEY: &str = "snapdrop-name";

/// The name that was chosen last, if the browser keeps one.
#[must_use]
pub fn recall() -> Option<String> {
    stored::recall(KEY).filter(|name| !name.trim().is_empty())
}

/// Remembers a name, or forgets the last one if there is none now. A browser that keeps nothing is no problem: the person
/// is asked again.
pub fn remember(name: Option<&str>) {
    stored::remember(KEY, name.unwrap_or_default());
}
