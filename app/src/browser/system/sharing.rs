//! Shares a link with other apps (Web Share).

use wasm_bindgen_futures::JsFuture;

use super::page::window;

/// Whether the system can share a link with other apps.
#[must_use]
pub fn can_share() -> bool {
    js_sys::Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Lets the person share a link with another app. They may cancel, which is not an error.
pub async fn share(title: &str, link: &str) {
    let content = web_sys::ShareData::new();
    content.set_title(title);
    content.set_url(link);
    #[expect(clippy::let_underscore_must_use, reason = "the person may cancel, which is not an error")]
    let _ = JsFuture::from(window().navigator().share_with_data(&content)).await;
}
