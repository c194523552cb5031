//! What the server painted, which others may have changed before it is hydrated. The script in the page
//! (`document/loader.js`) watches the page from the moment it was parsed; these are its functions.

use leptos::tachys::renderer::types::Element;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Whether somebody has changed the markup of a part since the page was parsed, so that it cannot be hydrated. The
    /// body stands for what is in no part.
    #[wasm_bindgen(js_namespace = snapdrop, js_name = wasChanged)]
    pub fn was_changed(part: &Element) -> bool;

    /// Removes a part that the server painted. The element before it was drawn in its place, and gets what the person has
    /// typed, picked and focused in it.
    #[wasm_bindgen(js_namespace = snapdrop, js_name = replacePart)]
    pub fn replace_part(part: &Element);

    /// The same as [`replace_part`] for the whole page, which was drawn at the end of the body.
    #[wasm_bindgen(js_namespace = snapdrop, js_name = replacePage)]
    pub fn replace_page();

    /// Says that the whole page is hydrated or drawn.
    #[wasm_bindgen(js_namespace = snapdrop, js_name = isAlive)]
    pub fn is_alive();

    /// Shows the message that the page has stopped, with a button that loads it again.
    #[wasm_bindgen(js_namespace = snapdrop)]
    pub fn stop();
}
