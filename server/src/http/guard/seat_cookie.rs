//! The cookies that prove seats. There is one for each room, so that a browser keeps its seat in one room when it goes
//! to another.

use app::room::Pin;
use axum::http::{HeaderMap, HeaderValue};

use crate::fields::cookies;

/// How long browsers keep the cookie of a seat, in seconds (30 days). The room may be closed sooner.
pub(super) const MAX_AGE_SECS: u32 = 30 * 24 * 3600;

/// The `Set-Cookie` value for a seat (RFC 6265). The cookie is `HttpOnly`, because no script needs it. With
/// `SameSite=Lax`, pages of other sites can make a browser send it only with a plain navigation.
pub(crate) fn seat_cookie(pin: &Pin, token: &str) -> HeaderValue {
    let cookie = format!("snapdrop-{pin}={token}; Path=/; Max-Age={MAX_AGE_SECS}; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(cookie).expect("digits and base64 are visible ASCII")
}

/// The `Set-Cookie` value with which a browser forgets its seat in a room that does not exist any more. Otherwise, cookies
/// of old rooms would pile up, until a proxy refuses the head of every request.
pub(crate) fn forget_seat(pin: &Pin) -> HeaderValue {
    let cookie = format!("snapdrop-{pin}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(cookie).expect("digits are visible ASCII")
}

/// The token in the seat cookie of this room, if the request has one.
pub(crate) fn seat_token<'a>(headers: &'a HeaderMap, pin: &Pin) -> Option<&'a str> {
    seat_tokens(headers).find(|(name, _)| *name == pin.as_str()).map(|(_, token)| token)
}

/// The PIN in the name, and the token, of each seat cookie in the request. Neither has been checked.
pub(crate) fn seat_tokens(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    cookies(headers).filter_map(|pair| pair.strip_prefix("snapdrop-")?.split_once('='))
}
