//! The WebAssembly entry point.

use app::{browser::places, pages::lazy_room, wire::Place};
use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the page that the server painted to life.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Leptos has no executor yet.
    wasm_bindgen_futures::spawn_local(async {
        // Without its program a room stays as the server painted it.
        if matches!(places::here(), Place::Room(_)) && !lazy_room::load().await {
            return;
        }
        leptos::mount::hydrate_body(app::shell::App);
    });
}
