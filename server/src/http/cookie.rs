//! Cookies: a session for each room, so that leaving one room for another keeps both seats, the theme and the language.

use app::{i18n::Language, room::Pin, theme::Theme};
use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// How long browsers keep a seat; the server may forget the room sooner.
const MAX_AGE_SECS: u32 = 30 * 24 * 3600;

/// A `Set-Cookie` value (RFC 6265). No script needs it; pages of other sites cannot send it with
/// anything but a plain navigation.
pub(super) fn set(pin: &Pin, token: &str) -> HeaderValue {
    let cookie = format!("snapdrop-{pin}={token}; Path=/; Max-Age={MAX_AGE_SECS}; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(cookie).expect("digits and base64 are visible ASCII")
}

/// The token in the cookie of this room.
pub(super) fn token<'a>(headers: &'a HeaderMap, pin: &Pin) -> Option<&'a str> {
    tokens(headers).find(|(name, _)| *name == pin.as_str()).map(|(_, token)| token)
}

/// What could be PINs, and the tokens in their cookies.
pub(super) fn tokens(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix("snapdrop-")?.split_once('='))
}

/// The theme that the visitor chose, if they did.
pub(super) fn theme(headers: &HeaderMap) -> Option<Theme> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(Theme::parse)
}

/// The language that the visitor chose, if they did.
pub(super) fn language(headers: &HeaderMap) -> Option<Language> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(Language::parse)
}
