//! What is different for a request that comes over TLS: cookies are protected, and browsers may be told to use nothing else.

use std::{collections::HashSet, sync::Arc};

use app::wire::cookie::{HOST_ONLY, protected};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::seat_cookie::MAX_AGE_SECS;
use crate::{fields::Scheme, http::Services};

/// For how long browsers remember to use TLS only: a year (RFC 6797).
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Gives cookies that are set over TLS their protected form, and the handlers the cookies of a request without it. So they know
/// one name only.
///
/// A cookie without protection was set before the server had TLS. It still counts, so that nobody loses a seat when the server
/// changes to TLS, as long as there is no protected one of the same name; the first response exchanges the one of a seat.
pub(crate) async fn apply(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    if request.extensions().get() != Some(&Scheme::Https) {
        return next.run(request).await;
    }
    let unprotected_seats = unwrap(request.headers_mut());
    let mut response = next.run(request).await;
    wrap(response.headers_mut(), &unprotected_seats);
    if services.config.tls.hsts {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    response
}

/// Takes the protection off the names of cookies in a request, and takes those away that have a protected one beside them. Returns
/// the names and values of the seats' cookies that have none.
fn unwrap(headers: &mut HeaderMap) -> Vec<(String, String)> {
    let lines: Vec<String> = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).map(ToOwned::to_owned).collect();
    let pairs = || lines.iter().flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let protected: HashSet<&str> = pairs().filter_map(|(name, _)| name.strip_prefix(HOST_ONLY)).collect();
    let (mut kept, mut unprotected_seats) = (Vec::new(), Vec::new());
    for (name, value) in pairs() {
        match name.strip_prefix(HOST_ONLY) {
            Some(name) => kept.push(format!("{name}={value}")),
            None if protected.contains(name) => {}
            None => {
                kept.push(format!("{name}={value}"));
                if is_seat(name, value) {
                    unprotected_seats.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    if let Ok(cookies) = HeaderValue::try_from(kept.join("; "))
        && !kept.is_empty()
    {
        headers.insert(header::COOKIE, cookies);
    }
    unprotected_seats
}

/// Whether this is the cookie of a seat, with a token that this server may have given.
fn is_seat(name: &str, value: &str) -> bool {
    let is_pin = |pin: &str| !pin.is_empty() && pin.bytes().all(|byte| byte.is_ascii_digit());
    let is_token = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    name.strip_prefix("snapdrop-").is_some_and(is_pin) && is_token && !value.is_empty()
}

/// Protects the cookies that a response sets, and exchanges those of seats that are not protected yet.
fn wrap(headers: &mut HeaderMap, unprotected_seats: &[(String, String)]) {
    let set: Vec<String> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).map(ToOwned::to_owned).collect();
    headers.remove(header::SET_COOKIE);
    let mut append = |cookie: String| headers.extend(HeaderValue::try_from(cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    for cookie in &set {
        append(protected(cookie));
    }
    for (name, value) in unprotected_seats {
        append(format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
        // The response itself may have set, or taken back, the cookie.
        if !set.iter().any(|cookie| cookie.split('=').next() == Some(name)) {
            append(protected(&format!("{name}={value}; Path=/; Max-Age={MAX_AGE_SECS}; HttpOnly; SameSite=Lax")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(lines: &[&str]) -> (String, Vec<(String, String)>) {
        let mut headers: HeaderMap = lines.iter().map(|line| (header::COOKIE, line.parse().unwrap())).collect();
        let seats = unwrap(&mut headers);
        (headers.get(header::COOKIE).map_or("", |line| line.to_str().unwrap()).to_owned(), seats)
    }

    fn wrapped(set: &[&str], seats: &[(&str, &str)]) -> Vec<String> {
        let mut headers: HeaderMap = set.iter().map(|line| (header::SET_COOKIE, line.parse().unwrap())).collect();
        let seats: Vec<_> = seats.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        wrap(&mut headers, &seats);
        headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_protected_cookie_is_preferred_wherever_it_stands() {
        assert_eq!(unwrapped(&[]), (String::new(), vec![]));
        assert_eq!(unwrapped(&["__Host-snapdrop-1=new; snapdrop-1=old", "theme=dark"]).0, "snapdrop-1=new; theme=dark");
        assert_eq!(unwrapped(&["snapdrop-1=old", "__Host-snapdrop-1=new"]), ("snapdrop-1=new".to_owned(), vec![]));
    }

    #[test]
    fn a_seat_from_before_is_exchanged_but_nothing_else_that_a_client_sends() {
        let (cookies, seats) = unwrapped(&["snapdrop-482913=a_b-C; theme=dark; snapdrop-x=1; snapdrop-1=a\"b; snapdrop-2="]);
        assert_eq!(cookies, "snapdrop-482913=a_b-C; theme=dark; snapdrop-x=1; snapdrop-1=a\"b; snapdrop-2=");
        assert_eq!(seats, [("snapdrop-482913".to_owned(), "a_b-C".to_owned())]);
        assert_eq!(
            wrapped(&["theme=dark; Path=/"], &[("snapdrop-1", "t")]),
            [
                "__Host-theme=dark; Path=/; Secure",
                "snapdrop-1=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
                "__Host-snapdrop-1=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure",
            ]
        );
    }

    #[test]
    fn a_seat_that_the_response_takes_back_is_not_given_again() {
        let set = wrapped(&["snapdrop-1=; Path=/; Max-Age=0"], &[("snapdrop-1", "t")]);
        assert_eq!(set, ["__Host-snapdrop-1=; Path=/; Max-Age=0; Secure", "snapdrop-1=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
    }
}
