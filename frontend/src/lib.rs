//! The entry point of the WebAssembly module, which the script in the page calls.

use std::sync::Arc;

use app::{
    browser::system::{page, painted, places},
    pages::lazy_room,
    shell::App,
    wire::{self, Place},
};
use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::{mount, prelude::*};
use wasm_bindgen::prelude::wasm_bindgen;

/// Hydrates the page that the server painted, or draws it anew if somebody has changed it.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wire::take_base_path_from(page::base_path);
    // Not leptos's own `spawn_local`, because leptos has no executor before it mounts the page.
    wasm_bindgen_futures::spawn_local(async {
        // When the room's part of the program cannot be loaded, the page of a room stays as the server painted it,
        // and says that it has stopped.
        if matches!(places::here(), Place::Room(_)) && !lazy_room::load().await {
            return painted::stop();
        }
        let body = document().body().expect("the script that calls this is in the body");
        if painted::was_changed(&body) {
            draw();
        } else {
            mount::hydrate_body(App);
        }
    });
}

/// Draws the whole page from what the server has embedded in it, in place of what it painted.
fn draw() {
    let embedded: Arc<dyn SharedContext + Send + Sync> = Arc::new(HydrateSharedContext::new());
    let owner = Owner::new_root(Some(Arc::clone(&embedded)));
    owner.with(|| mount::mount_to_body(App));
    embedded.hydration_complete();
    painted::replace_page();
    // The page lives until the window is closed.
    std::mem::forget(owner);
}
