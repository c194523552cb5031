//! The name that the person chose for themselves, which this device remembers for the next room.

use web_sys::Storage;

use super::page::window;

/// The key under which the browser's storage keeps the name.
const KEY: &str = "snapdrop-name";

/// The name that was chosen last, if the browser keeps one.
#[must_use]
pub fn recall() -> Option<String> {
    storage()?.get_item(KEY).ok()?.filter(|name| !name.trim().is_empty())
}

/// Remembers a name, or forgets the last one if there is none now. A browser that keeps nothing is no problem: the person
/// is asked again.
pub fn remember(name: Option<&str>) {
    let Some(storage) = storage() else { return };
    #[expect(clippy::let_underscore_must_use, reason = "a storage that is full or off only forgets the name")]
    let _ = match name {
        Some(name) => storage.set_item(KEY, name),
        None => storage.remove_item(KEY),
    };
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
