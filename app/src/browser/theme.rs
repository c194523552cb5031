//! Light or dark: what the person chose. A cookie remembers it, so that the server paints it at once and nothing
//! flashes.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlDocument;

use super::{installed_app, page};
use crate::wire::cookie;

/// The name of the cookie.
const COOKIE: &str = "theme";
/// The paper of light and of dark pages, as `style/_tokens.scss` has it.
const LIGHT_PAPER: &str = "#f6f4ee";
const DARK_PAPER: &str = "#0f1012";

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Whatever the system shows.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme in a `Cookie` field (RFC 6265, section 4.2); nothing when none was chosen.
    #[must_use]
    pub fn parse(cookies: &str) -> Option<Self> {
        match cookie::value_of(cookies, COOKIE)? {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// The value of `data-theme`, which the style sheet reads; the system's theme has none.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The content of the `color-scheme` meta, which holds until the style sheet is there.
    #[must_use]
    pub const fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The content of the `theme-color` metas: for a light system, and for a dark one.
    #[must_use]
    pub const fn papers(self) -> [&'static str; 2] {
        match self {
            Self::System => [LIGHT_PAPER, DARK_PAPER],
            Self::Light => [LIGHT_PAPER, LIGHT_PAPER],
            Self::Dark => [DARK_PAPER, DARK_PAPER],
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// What sets the cookie, or takes it away.
    fn cookie(self) -> String {
        cookie::remember(COOKIE, self.name())
    }
}

/// The theme of this browser's pages, shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct ThemeChoice {
    theme: RwSignal<Theme>,
}

impl ThemeChoice {
    /// Begins with what the server painted.
    pub fn provide(theme: Theme) {
        provide_context(Self { theme: RwSignal::new(theme) });
    }

    /// The theme that is shown.
    #[must_use]
    pub fn get(self) -> Theme {
        self.theme.get()
    }

    /// Goes on from light to dark to the system's, and remembers it.
    pub fn switch(self) {
        let theme = self.theme.get_untracked().next();
        self.theme.set(theme);
        paint(theme);
        let document: HtmlDocument = page::document().unchecked_into();
        // A browser that takes no cookies shows the theme until the page is left.
        drop(document.set_cookie(&theme.cookie()));
        installed_app::tell_worker("appearance_changed");
    }
}

/// The choice of light or dark.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_theme_choice() -> ThemeChoice {
    use_context().expect("the app provides the theme")
}

/// Changes what the server painted outside the body. The names are valid, so none of it can fail.
fn paint(theme: Theme) {
    let document = page::document();
    if let Some(root) = document.document_element() {
        drop(match theme.name() {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        });
    }
    for (system, paper) in ["light", "dark"].into_iter().zip(theme.papers()) {
        if let Ok(Some(meta)) = document.query_selector(&format!("meta[name=theme-color][media*={system}]")) {
            drop(meta.set_attribute("content", paper));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_is_read() {
        for theme in [Theme::Light, Theme::Dark] {
            assert_eq!(Theme::parse(&theme.cookie()), Some(theme));
        }
        for cookies in [&Theme::System.cookie(), "theme=\"><script>", "language=dark"] {
            assert_eq!(Theme::parse(cookies), None, "{cookies}");
        }
    }

    #[test]
    fn three_presses_lead_back() {
        let theme = Theme::System;
        assert_eq!([theme.next(), theme.next().next(), theme.next().next().next()], [Theme::Light, Theme::Dark, Theme::System]);
    }
}
