//! The language that the person chose. It is remembered in a cookie, so that the server renders pages in it.

use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use super::{hydration::Hydration, page, service_worker};
#[cfg(target_arch = "wasm32")]
use crate::i18n::install;
use crate::{
    i18n::{self, Language},
    wire,
};

/// The language of this browser's pages, shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct LanguageChoice {
    language: RwSignal<Language>,
    hydration: Hydration,
}

impl LanguageChoice {
    /// Starts with the language in which the server rendered the page.
    #[must_use]
    pub fn provide(language: Language, hydration: Hydration) -> Self {
        install_from_page(language);
        let choice = Self { language: RwSignal::new(language), hydration };
        provide_context(choice);
        choice
    }

    /// Makes the effect or view that calls this run again when the language changes.
    pub fn track(self) {
        self.language.track();
    }

    /// Shows the pages in another language, without reloading this page, because it may be sending files. The texts
    /// change only when the whole page is hydrated: a part that is hydrated after the change would keep the texts that
    /// the server rendered, in the old language.
    pub fn switch(self, language: Language) {
        page::set_cookie(&language.cookie());
        spawn_local(async move {
            let Some(table) = fetch(language).await else {
                #[expect(
                    clippy::let_underscore_must_use,
                    reason = "the server is newer than this page, or cannot be reached; a page that it renders has its own texts"
                )]
                let _ = page::window().location().reload();
                return;
            };
            self.hydration.when_over(Box::new(move || self.show(language, &table)));
        });
    }

    /// Draws the pages again with these texts.
    fn show(self, language: Language, table: &str) {
        install(language, table);
        if let Some(root) = page::document().document_element() {
            #[expect(clippy::let_underscore_must_use, reason = "the attribute name is valid")]
            let _ = root.set_attribute("lang", language.tag());
            #[expect(clippy::let_underscore_must_use, reason = "the attribute name is valid")]
            let _ = root.set_attribute("dir", language.direction());
        }
        service_worker::tell_worker("appearance_changed");
        self.language.set(language);
        // The list of languages was drawn again, too, so it has to get the focus again.
        request_animation_frame(|| {
            let list = page::document().query_selector("select[name=language]").ok().flatten();
            let _ = list.and_then(|list| list.dyn_into::<HtmlElement>().ok()).map(|list| list.focus());
        });
    }
}

/// The [`LanguageChoice`] from the context.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_language_choice() -> LanguageChoice {
    use_context().expect("the app provides the language")
}

async fn fetch(language: Language) -> Option<String> {
    let response = Request::get(&wire::messages(i18n::VERSION, language.code())).send().await.ok().filter(gloo_net::http::Response::ok)?;
    response.text().await.ok()
}

/// Does nothing on the server, which has the texts of all languages. In the browser the texts that came with the page
/// are installed.
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
