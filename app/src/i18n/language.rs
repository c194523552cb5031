//! The languages of the interface, and the cookie that remembers which one a visitor chose.

use serde::{Deserialize, Serialize};

use crate::wire::cookie;

/// The name of the cookie that remembers the language.
const COOKIE: &str = "language";

/// A language in which the interface is available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English, which is also used for visitors whose language is not among these.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Arabic.
    #[serde(rename = "ar")]
    Arabic,
    /// Czech.
    #[serde(rename = "cs")]
    Czech,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Hindi.
    #[serde(rename = "hi")]
    Hindi,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Polish.
    #[serde(rename = "pl")]
    Polish,
    /// Portuguese.
    #[serde(rename = "pt")]
    Portuguese,
    /// Ukrainian.
    #[serde(rename = "uk")]
    Ukrainian,
    /// Chinese, in simplified characters.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// All languages in the order in which the language switch lists them: sorted by their own names.
    pub const ALL: [Self; 13] = [
        Self::Czech,
        Self::German,
        Self::English,
        Self::Spanish,
        Self::French,
        Self::Italian,
        Self::Polish,
        Self::Portuguese,
        Self::Ukrainian,
        Self::Arabic,
        Self::Hindi,
        Self::Japanese,
        Self::Chinese,
    ];

    /// The code of the language (ISO 639-1), which is also the name of its catalogue.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.names().0
    }

    /// The name of the language in the language itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::English => ("en", "English"),
            Self::Arabic => ("ar", "العربية"),
            Self::Czech => ("cs", "Čeština"),
            Self::German => ("de", "Deutsch"),
            Self::Spanish => ("es", "Español"),
            Self::French => ("fr", "Français"),
            Self::Hindi => ("hi", "हिन्दी"),
            Self::Italian => ("it", "Italiano"),
            Self::Japanese => ("ja", "日本語"),
            Self::Polish => ("pl", "Polski"),
            Self::Portuguese => ("pt", "Português"),
            Self::Ukrainian => ("uk", "Українська"),
            Self::Chinese => ("zh", "简体中文"),
        }
    }

    /// The tag of the language (BCP 47), for the `lang` attribute of documents.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-Hans",
            other => other.code(),
        }
    }

    /// Whether the language is written from right to left.
    #[must_use]
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, Self::Arabic)
    }

    /// The direction in which the language is written, for the `dir` attribute of documents.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// The language with this code, if it is available.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language of a tag (RFC 5646), if it is available. Script and region are ignored: "pt-BR" is Portuguese.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let code = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        Self::from_code(&code)
    }

    /// The name of the cookie that remembers the choice.
    pub const COOKIE: &str = COOKIE;

    /// The chosen language in a `Cookie` header field (RFC 6265, section 4.2); `None` when there is no valid choice.
    #[must_use]
    pub fn parse(cookies: &str) -> Option<Self> {
        cookie::value_of(cookies, COOKIE).and_then(Self::from_code)
    }

    /// The cookie that remembers this choice, in the form that `Set-Cookie` and `document.cookie` take.
    #[must_use]
    pub fn cookie(self) -> String {
        cookie::remember(COOKIE, Some(self.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_found_among_other_cookies() {
        let cases = [
            ("language=cs", Some(Language::Czech)),
            ("snapdrop-482913=x; language=ar", Some(Language::Arabic)),
            ("language=xx", None),
            ("language=", None),
            ("my-language=cs", None),
            ("", None),
        ];
        for (cookies, language) in cases {
            assert_eq!(Language::parse(cookies), language, "{cookies}");
        }
        for language in Language::ALL {
            assert_eq!(Language::parse(&language.cookie()), Some(language));
        }
    }

    #[test]
    fn a_region_does_not_change_the_language() {
        let cases = [("pt-BR", "pt"), ("PT", "pt"), ("zh-Hans-CN", "zh"), ("de-CH-1996", "de"), ("en-GB", "en")];
        for (tag, code) in cases {
            assert_eq!(Language::from_tag(tag).map(Language::code), Some(code), "{tag}");
        }
        assert_eq!((Language::from_tag("pts"), Language::from_tag(""), Language::from_tag("*")), (None, None, None));
    }
}
