//! What is different for a request that comes over TLS: cookies are protected, and browsers may be told to use nothing else.

use std::{collections::HashSet, sync::Arc};

use app::{
    i18n::Language,
    theme::Theme,
    wire::cookie::{HOST_ONLY, REMEMBER, protected},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::seat_cookie::MAX_AGE_SECS;
use crate::{
    fields::{Scheme, cookies, replace_cookies},
    http::Services,
};

/// For how long browsers remember to use TLS only: a year (RFC 6797).
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Gives cookies that are set over TLS their protected form, and the handlers the cookies of a request without it. So they know
/// one name only.
///
/// A cookie without protection was set before the server had TLS. It still counts, so that nobody loses a seat when the server
/// changes to TLS, as long as there is no protected one of the same name; the first response exchanges it.
pub(crate) async fn apply(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    if request.extensions().get() != Some(&Scheme::Https) {
        return next.run(request).await;
    }
    let unprotected = unwrap(request.headers_mut(), !services.config.base_path.is_empty());
    let mut response = next.run(request).await;
    // What others may keep must not carry anybody's cookies.
    let is_public = response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value.as_bytes().starts_with(b"public"));
    wrap(response.headers_mut(), if is_public { &[] } else { &unprotected });
    if services.config.tls.hsts {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    response
}

/// Takes the protection off the names of cookies in a request, and takes those away that have a protected one beside them. On a host
/// that `is_shared` with other programs, unprotected settings are taken away, too, because they may be theirs. Returns the names and
/// values of this server's cookies that have no protection.
fn unwrap(headers: &mut HeaderMap, is_shared: bool) -> Vec<Unprotected> {
    let sent: Vec<String> = cookies(headers).map(ToOwned::to_owned).collect();
    let pairs = || sent.iter().filter_map(|pair| pair.split_once('='));
    let protected: HashSet<&str> = pairs().filter_map(|(name, _)| name.strip_prefix(HOST_ONLY)).collect();
    let (mut kept, mut unprotected) = (Vec::new(), Vec::new());
    for (name, value) in pairs() {
        match name.strip_prefix(HOST_ONLY) {
            Some(name) => kept.push(format!("{name}={value}")),
            None if protected.contains(name) || (is_shared && matches!(name, Theme::COOKIE | Language::COOKIE)) => {}
            None => {
                kept.push(format!("{name}={value}"));
                if let Some(attributes) = attributes_of(name).filter(|_| is_plain(value)) {
                    unprotected.push(Unprotected { name: name.to_owned(), value: value.to_owned(), attributes });
                }
            }
        }
    }
    replace_cookies(headers, &kept);
    unprotected
}

/// A cookie of this server from before TLS.
#[derive(Debug, PartialEq, Eq)]
struct Unprotected {
    name: String,
    value: String,
    /// What follows its value when it is set.
    attributes: String,
}

/// What follows the value of a cookie of this name when it is set; `None` if the name is none that this server uses.
fn attributes_of(name: &str) -> Option<String> {
    let is_seat = |pin: &str| !pin.is_empty() && pin.bytes().all(|byte| byte.is_ascii_digit());
    if name.strip_prefix("snapdrop-").is_some_and(is_seat) {
        Some(format!("; Path=/; Max-Age={MAX_AGE_SECS}; HttpOnly; SameSite=Lax"))
    } else {
        matches!(name, Theme::COOKIE | Language::COOKIE).then(|| format!("; Path=/{REMEMBER}"))
    }
}

/// Whether a value has only the letters that this server's cookies have.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Protects the cookies that a response sets, and exchanges those that are not protected yet.
fn wrap(headers: &mut HeaderMap, unprotected: &[Unprotected]) {
    let set: Vec<String> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).map(ToOwned::to_owned).collect();
    headers.remove(header::SET_COOKIE);
    let mut append = |cookie: String| headers.extend(HeaderValue::try_from(cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    for cookie in &set {
        append(protected(cookie));
    }
    for Unprotected { name, value, attributes } in unprotected {
        append(format!("{name}=; Path=/; Max-Age=0; SameSite=Lax"));
        // The response itself may have set, or taken back, the cookie.
        if !set.iter().any(|cookie| cookie.split('=').next() == Some(name)) {
            append(protected(&format!("{name}={value}{attributes}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(lines: &[&str]) -> (String, Vec<(String, String)>) {
        let mut headers: HeaderMap = lines.iter().map(|line| (header::COOKIE, line.parse().unwrap())).collect();
        let unprotected = unwrap(&mut headers, false).into_iter().map(|cookie| (cookie.name, cookie.value)).collect();
        (headers.get(header::COOKIE).map_or("", |line| line.to_str().unwrap()).to_owned(), unprotected)
    }

    fn wrapped(set: &[&str], cookies: &str) -> Vec<String> {
        let mut headers: HeaderMap = set.iter().map(|line| (header::SET_COOKIE, line.parse().unwrap())).collect();
        let mut request: HeaderMap = [(header::COOKIE, cookies.parse().unwrap())].into_iter().collect();
        wrap(&mut headers, &unwrap(&mut request, false));
        headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_protected_cookie_is_preferred_wherever_it_stands() {
        assert_eq!(unwrapped(&[]), (String::new(), vec![]));
        assert_eq!(unwrapped(&["__Host-snapdrop-1=new; snapdrop-1=old", "other=1"]), ("snapdrop-1=new; other=1".to_owned(), vec![]));
        assert_eq!(unwrapped(&["snapdrop-1=old", "__Host-snapdrop-1=new"]), ("snapdrop-1=new".to_owned(), vec![]));
    }

    #[test]
    fn cookies_from_before_are_exchanged_but_nothing_else_that_a_client_sends() {
        let sent = "snapdrop-482913=a_b-C; theme=dark; snapdrop-x=1; snapdrop-1=a\"b; snapdrop-2=; other=1";
        let (cookies, unprotected) = unwrapped(&[sent]);
        assert_eq!(cookies, sent);
        let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(unprotected, [named("snapdrop-482913", "a_b-C"), named("theme", "dark")]);
        assert_eq!(
            wrapped(&["cookies=work; Path=/"], "snapdrop-1=t; theme=dark"),
            [
                "__Host-cookies=work; Path=/; Secure",
                "snapdrop-1=; Path=/; Max-Age=0; SameSite=Lax",
                "__Host-snapdrop-1=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure",
                "theme=; Path=/; Max-Age=0; SameSite=Lax",
                "__Host-theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; Secure",
            ]
        );
    }

    #[test]
    fn what_the_response_sets_or_takes_back_itself_is_not_given_again() {
        let set = wrapped(&["snapdrop-1=; Path=/; Max-Age=0"], "snapdrop-1=t");
        assert_eq!(set, ["__Host-snapdrop-1=; Path=/; Max-Age=0; Secure", "snapdrop-1=; Path=/; Max-Age=0; SameSite=Lax"]);
    }
}
