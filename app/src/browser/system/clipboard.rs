//! Copies text to the clipboard.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::page::{document, window};

/// Copies text to the clipboard, and returns whether that worked.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|it| !it.is_undefined()) {
        return JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok();
    }
    // Pages without TLS, as most are in a home network, have no `navigator.clipboard`, only the older `execCommand`.
    copy_selection_of(text).unwrap_or(false)
}

fn copy_selection_of(text: &str) -> Result<bool, JsValue> {
    let document: web_sys::HtmlDocument = document().unchecked_into();
    let Some(body) = document.body() else { return Ok(false) };
    let field: web_sys::HtmlTextAreaElement = document.create_element("textarea")?.unchecked_into();
    field.set_value(text);
    body.append_child(&field)?;
    field.select();
    let copied = document.exec_command("copy");
    field.remove();
    copied
}
