//! The theme that the person chose: it is applied to the page, and remembered in a cookie.

use leptos::prelude::*;

use super::{page, service_worker};
use crate::theme::Theme;

/// The theme of this browser's pages, shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct ThemeChoice {
    theme: RwSignal<Theme>,
}

impl ThemeChoice {
    /// Starts with the theme in which the server rendered the page.
    pub fn provide(theme: Theme) {
        provide_context(Self { theme: RwSignal::new(theme) });
    }

    /// The theme that is shown. An effect or view that calls this runs again when the theme changes.
    #[must_use]
    pub fn get(self) -> Theme {
        self.theme.get()
    }

    /// Switches to the next theme, from the system's to light to dark and back to the system's, and remembers it.
    pub fn switch(self) {
        let theme = self.theme.get_untracked().next();
        self.theme.set(theme);
        paint(theme);
        page::set_cookie(&theme.cookie());
        service_worker::tell_worker("appearance_changed");
    }
}

/// The [`ThemeChoice`] from the context.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_theme_choice() -> ThemeChoice {
    use_context().expect("the app provides the theme")
}

/// Applies the theme to what the server rendered outside the body: the `data-theme` attribute of the root element, and
/// the `theme-color` of the browser's own surfaces. All attribute names are valid, so this cannot fail.
fn paint(theme: Theme) {
    let document = page::document();
    if let Some(root) = document.document_element() {
        #[expect(clippy::let_underscore_must_use, reason = "the attribute name is valid")]
        let _ = match theme.name() {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        };
    }
    let metas = ["meta[name=theme-color][media*=light]", "meta[name=theme-color][media*=dark]"];
    for (meta, paper) in metas.into_iter().zip(theme.papers()) {
        if let Ok(Some(meta)) = document.query_selector(meta) {
            #[expect(clippy::let_underscore_must_use, reason = "the attribute name is valid")]
            let _ = meta.set_attribute("content", paper);
        }
    }
}
