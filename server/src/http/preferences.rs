//! How a visitor wants to see the pages: the theme and the language that they chose, which are kept in cookies, or
//! otherwise what their browser asks for.

use app::{i18n::Language, theme::Theme};
use axum::http::{HeaderMap, header};

use crate::fields;

/// The theme that the visitor chose, or otherwise the one that follows the visitor's system.
pub(crate) fn theme(headers: &HeaderMap) -> Theme {
    fields::cookies(headers).find_map(Theme::parse).unwrap_or_default()
}

/// The language of the response: the one that the visitor chose, otherwise the preferred one in `Accept-Language`,
/// otherwise English.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    fields::cookies(headers).find_map(Language::parse).or_else(|| asked.and_then(fields::preferred)).unwrap_or_default()
}
