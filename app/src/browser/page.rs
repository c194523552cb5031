//! The page itself: where it is, whether it is seen, what can be done with its text.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, VisibilityState, Window};

use crate::i18n::{Language, t};

pub(super) fn window() -> Window {
    leptos::prelude::window()
}

pub(super) fn document() -> Document {
    leptos::prelude::document()
}

/// The address of a socket on this server: `ws:` for `http:`, `wss:` for `https:`.
pub(super) fn socket_address(path: &str) -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss:" } else { "ws:" };
    format!("{scheme}//{}{path}", location.host().unwrap_or_default())
}

pub(super) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

pub(super) fn is_online() -> bool {
    window().navigator().on_line()
}

pub(super) fn touch_points() -> u32 {
    u32::try_from(window().navigator().max_touch_points()).unwrap_or(0)
}

/// Whether the browser shows PDF files itself. Those that do not say so get a chance.
pub(super) fn shows_pdf() -> bool {
    js_sys::Reflect::get(&window().navigator(), &"pdfViewerEnabled".into()).ok().and_then(|it| it.as_bool()).unwrap_or(true)
}

/// What the window is called.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// A clock for measuring, in seconds.
pub(super) fn now_secs() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// Base64; the browser's own function takes one byte a character.
pub(super) fn base64(bytes: impl Iterator<Item = u8>) -> String {
    let text: String = bytes.map(char::from).collect();
    window().btoa(&text).unwrap_or_default()
}

/// The time of day of a moment: in the page's language, the way of the reader's region.
#[must_use]
pub fn time_of_day(unix_ms: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let date = js_sys::Date::new(&(unix_ms as f64).into());
    let options = js_sys::Object::new();
    for part in ["hour", "minute"] {
        // Fails only for objects that take nothing.
        drop(js_sys::Reflect::set(&options, &part.into(), &"2-digit".into()));
    }
    date.to_locale_time_string_with_options(&regional_tag(), &options).into()
}

/// The reader's own tag for the page's language: it says whether the clock has twelve hours.
fn regional_tag() -> String {
    let language = t().spoken();
    let tags = window().navigator().languages();
    let own = tags.iter().filter_map(|tag| tag.as_string()).find(|tag| Language::from_tag(tag) == Some(language));
    own.unwrap_or_else(|| language.tag().to_owned())
}

/// Whether the system can hand a link to other apps.
#[must_use]
pub fn can_share() -> bool {
    js_sys::Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Hands a link to other apps. The person may change their mind, which is no error.
pub async fn share(title: &str, link: &str) {
    let content = web_sys::ShareData::new();
    content.set_title(title);
    content.set_url(link);
    drop(JsFuture::from(window().navigator().share_with_data(&content)).await);
}

/// Puts text on the clipboard; says whether that worked.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|it| !it.is_undefined()) {
        return JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok();
    }
    // Pages without TLS, as most are in a home network, have only the old way.
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
