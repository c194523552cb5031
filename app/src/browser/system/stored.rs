//! What this browser remembers across visits (`localStorage`), and the names of databases. Some browsers have no storage, or a
//! full one; then nothing is remembered, and everything else works.

use web_sys::Storage;

use super::page;
use crate::wire;

/// The name of a database of this server. All programs of a host share the names, so the base path is part of it.
pub(crate) fn database_name(name: &str) -> String {
    [name, wire::base_path().as_str()].concat()
}

/// The value that was remembered under a key.
pub(crate) fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Remembers a value under a key.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        #[expect(clippy::let_underscore_must_use, reason = "a full storage remembers nothing more")]
        let _ = storage.set_item(key, value);
    }
}

fn storage() -> Option<Storage> {
    page::window().local_storage().ok().flatten()
}
