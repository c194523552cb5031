//! The language that the person chose. A cookie remembers it, so that the server paints in it at once.

use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlDocument, HtmlElement};

use super::{installed_app, page};
#[cfg(target_arch = "wasm32")]
use crate::i18n::install;
use crate::{i18n::Language, wire};

/// The language of this browser's pages, shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct LanguageChoice {
    language: RwSignal<Language>,
}

impl LanguageChoice {
    /// Begins with what the server painted.
    #[must_use]
    pub fn provide(language: Language) -> Self {
        install_from_page(language);
        let choice = Self { language: RwSignal::new(language) };
        provide_context(choice);
        choice
    }

    /// Has whatever calls this run again in the next language.
    pub fn follow(self) {
        self.language.track();
    }

    /// Goes on in another language, without loading the page again: it may be sending files.
    pub fn switch(self, language: Language) {
        let document: HtmlDocument = page::document().unchecked_into();
        // A browser that takes no cookies shows the language until the page is left.
        drop(document.set_cookie(&language.cookie()));
        spawn_local(async move {
            let Some(table) = fetch(language).await else {
                // The server is newer than this page, or gone: a page from it has its own texts.
                drop(page::window().location().reload());
                return;
            };
            install(language, &table);
            if let Some(root) = page::document().document_element() {
                // The names are valid.
                drop(root.set_attribute("lang", language.tag()));
                drop(root.set_attribute("dir", language.direction()));
            }
            installed_app::tell_worker("appearance_changed");
            self.language.set(language);
            // The list was drawn anew, too: whoever chose goes on from there.
            request_animation_frame(|| {
                let list = page::document().query_selector("select[name=language]").ok().flatten();
                drop(list.and_then(|list| list.dyn_into::<HtmlElement>().ok()).map(|list| list.focus()));
            });
        });
    }
}

/// The choice of the language.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_language_choice() -> LanguageChoice {
    use_context().expect("the app provides the language")
}

async fn fetch(language: Language) -> Option<String> {
    let response = Request::get(&wire::messages(language)).send().await.ok().filter(gloo_net::http::Response::ok)?;
    response.text().await.ok()
}

/// The server has all languages at hand; a browser takes the one that came with the page.
#[cfg(not(target_arch = "wasm32"))]
fn install_from_page(_: Language) {}

#[cfg(target_arch = "wasm32")]
fn install_from_page(language: Language) {
    if let Some(table) = page::document().get_element_by_id(crate::i18n::ELEMENT_ID).and_then(|element| element.text_content()) {
        install(language, &table);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn install(_: Language, _: &str) {}
