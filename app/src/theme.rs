//! The visitor's choice between light and dark. A cookie remembers it, so that the server already paints pages in the
//! chosen colours and they do not change while the page loads.

use serde::{Deserialize, Serialize};

use crate::wire::cookie;

/// The name of the cookie that remembers the theme.
const COOKIE: &str = "theme";
/// The background colours of light and of dark pages. They have to equal `--paper` in `style/_tokens.scss`.
const LIGHT_PAPER: &str = "#f6f4ee";
const DARK_PAPER: &str = "#0f1012";

/// Which colours the pages have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Light or dark, as the system is set.
    #[default]
    System,
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// The name of the cookie that remembers the theme.
    pub const COOKIE: &str = COOKIE;

    /// The chosen theme in a `Cookie` header field (RFC 6265, section 4.2); `None` when there is no valid choice.
    #[must_use]
    pub fn parse(cookies: &str) -> Option<Self> {
        match cookie::value_of(cookies, COOKIE)? {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// The value of the attribute `data-theme`, which the style sheet reads; `None` for [`Self::System`].
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The content of the `color-scheme` meta element, which applies until the style sheet is loaded.
    #[must_use]
    pub const fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The contents of the `theme-color` meta elements: the first for a light system, the second for a dark one.
    #[must_use]
    pub const fn papers(self) -> [&'static str; 2] {
        match self {
            Self::System => [LIGHT_PAPER, DARK_PAPER],
            Self::Light => [LIGHT_PAPER, LIGHT_PAPER],
            Self::Dark => [DARK_PAPER, DARK_PAPER],
        }
    }

    /// The theme that the switch chooses after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The cookie that remembers this theme, in the form that `Set-Cookie` and `document.cookie` take. For
    /// [`Self::System`] it erases the cookie of an earlier choice.
    #[must_use]
    pub fn cookie(self) -> String {
        cookie::remember(COOKIE, self.name())
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
