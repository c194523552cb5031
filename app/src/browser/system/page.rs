//! The page itself: its window and document, whether it is visible, and what its browser can do.

use wasm_bindgen::JsCast as _;
use web_sys::{Document, HtmlDocument, HtmlElement, VisibilityState, Window};

use crate::wire::{BasePath, cookie};

pub(crate) fn window() -> Window {
    leptos::prelude::window()
}

pub(crate) fn document() -> Document {
    leptos::prelude::document()
}

/// The base path that the server has written into the page; it writes none if it has its host for itself.
#[must_use]
pub fn base_path() -> BasePath {
    let written = document().document_element().and_then(|root| root.get_attribute("data-base"));
    BasePath::in_page(&written.unwrap_or_default())
}

/// The address of a WebSocket on this server: `ws:` for a page with `http:`, `wss:` for one with `https:`.
pub(crate) fn socket_address(path: &str) -> String {
    let scheme = if is_over_tls() { "wss:" } else { "ws:" };
    format!("{scheme}//{}{path}", window().location().host().unwrap_or_default())
}

fn is_over_tls() -> bool {
    window().location().protocol().is_ok_and(|protocol| protocol == "https:")
}

/// Sets a cookie, in the form that the server gives the same one over TLS: bound to this host, and protected. Without cookies,
/// what it remembers lasts until the page is left.
pub(crate) fn set_cookie(cookie: &str) {
    let document: HtmlDocument = document().unchecked_into();
    let cookie = if is_over_tls() { cookie::protected(cookie) } else { cookie.to_owned() };
    #[expect(clippy::let_underscore_must_use, reason = "a browser that takes no cookie says nothing of it")]
    let _ = document.set_cookie(&cookie);
}

/// The element with this id.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

pub(crate) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

pub(crate) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Whether the page is as narrow as on a phone, where buttons stand below the names of files (`_file_row.scss`).
pub(crate) fn is_narrow() -> bool {
    window().match_media("(width<36rem)").ok().flatten().is_some_and(|query| query.matches())
}

pub(crate) fn touch_points() -> u32 {
    u32::try_from(window().navigator().max_touch_points()).unwrap_or(0)
}

/// Whether the browser takes cookies. One that does not tell is assumed to take them.
pub(crate) fn takes_cookies() -> bool {
    js_sys::Reflect::get(&window().navigator(), &"cookieEnabled".into()).ok().and_then(|it| it.as_bool()).unwrap_or(true)
}

/// Whether the browser shows PDF files itself. A browser that does not tell is assumed to show them.
pub(crate) fn shows_pdf() -> bool {
    js_sys::Reflect::get(&window().navigator(), &"pdfViewerEnabled".into()).ok().and_then(|it| it.as_bool()).unwrap_or(true)
}

/// Sets the title of the window.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Encodes bytes in Base64. The browser's `btoa` expects a string in which each character stands for one byte.
pub(crate) fn base64(bytes: impl Iterator<Item = u8>) -> String {
    let text: String = bytes.map(char::from).collect();
    window().btoa(&text).unwrap_or_default()
}
