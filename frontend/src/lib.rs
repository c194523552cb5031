//! The WebAssembly entry point.

use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the page that the server painted to life.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::shell::App);
}
