//! The entry point of the WebAssembly module, which the script in the page calls.

use app::{browser::system::places, pages::lazy_room, wire::Place};
use wasm_bindgen::prelude::wasm_bindgen;

/// Hydrates the page that the server painted.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Not leptos's own `spawn_local`, because leptos has no executor before `hydrate_body`.
    wasm_bindgen_futures::spawn_local(async {
        // When the room's part of the program cannot be loaded, the page of a room stays as the server painted it.
        if matches!(places::here(), Place::Room(_)) && !lazy_room::load().await {
            return;
        }
        leptos::mount::hydrate_body(app::shell::App);
    });
}
