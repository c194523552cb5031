//! The path below which the server is reached on a host that it shares with other programs.

use app::wire::{
    BasePath,
    cookie::{HOST_ONLY, TLS_ONLY},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};

use crate::fields::{cookies, replace_cookies};

/// Takes the base path off the target of a request, and adds it to where the response leads and to the paths of its cookies. So
/// everything inside knows the paths of a server that has its host for itself.
///
/// A request without the base path is served, too: some proxies take it off, and health checks come past the proxy.
pub(crate) async fn apply(State(base): State<BasePath>, mut request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    if let Some(inner) = base.strip(target).and_then(|path| path.parse::<Uri>().ok()) {
        *request.uri_mut() = inner;
    } else if target.split('?').next() == Some(base.as_str()) {
        let with_slash = base.address(&target.replacen(base.as_str(), "/", 1));
        // A browser that keeps it would lead there for ever, also when another program has the path.
        return ([(header::CACHE_CONTROL, "no-store")], Redirect::permanent(&with_slash)).into_response();
    }
    take_cookies(request.headers_mut());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(location) = headers.get(header::LOCATION).and_then(|location| location.to_str().ok())
        && location.starts_with('/')
        && let Ok(location) = HeaderValue::try_from(base.address(location))
    {
        headers.insert(header::LOCATION, location);
    }
    give_cookies(&base, headers);
    response
}

/// Gives the cookies of a request the names that they have on a server that has its host for itself. Those that have such a name
/// already are of a server at the root of the host.
fn take_cookies(headers: &mut HeaderMap) {
    let own = cookies(headers).filter(|pair| !pair.starts_with(HOST_ONLY));
    let named = own.map(|pair| pair.strip_prefix(TLS_ONLY).map_or_else(|| pair.to_owned(), |pair| [HOST_ONLY, pair].concat()));
    let named: Vec<String> = named.collect();
    replace_cookies(headers, &named);
}

/// Makes the cookies of a response those of the base path alone. One that has the path already, because it was made beside a page
/// that is being rendered, stays as it is.
fn give_cookies(base: &BasePath, headers: &mut HeaderMap) {
    let set: Vec<String> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).map(ToOwned::to_owned).collect();
    headers.remove(header::SET_COOKIE);
    for cookie in set {
        let cookie = cookie.replacen("; Path=/;", &format!("; Path={base};"), 1);
        // Browsers refuse this name for a cookie with a path (RFC 6265bis, section 4.1.3.2).
        let cookie = cookie.strip_prefix(HOST_ONLY).map_or_else(|| cookie.clone(), |cookie| [TLS_ONLY, cookie].concat());
        headers.extend(HeaderValue::try_from(cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_of_the_root_are_left_out_and_own_ones_renamed() {
        let mut headers = HeaderMap::new();
        for line in ["__Host-snapdrop-1=root; __Secure-snapdrop-1=own", "theme=dark"] {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        take_cookies(&mut headers);
        assert_eq!(headers[header::COOKIE], "__Host-snapdrop-1=own; theme=dark");
        headers.insert(header::COOKIE, "__Host-snapdrop-1=root".parse().unwrap());
        take_cookies(&mut headers);
        assert!(!headers.contains_key(header::COOKIE));
    }

    #[test]
    fn cookies_are_set_for_the_base_path() {
        let base = "/drop".parse().unwrap();
        let mut headers = HeaderMap::new();
        for cookie in ["__Host-snapdrop-1=t; Path=/; HttpOnly; Secure", "theme=; Path=/; Max-Age=0; SameSite=Lax"] {
            headers.append(header::SET_COOKIE, cookie.parse().unwrap());
        }
        give_cookies(&base, &mut headers);
        let set: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(set, ["__Secure-snapdrop-1=t; Path=/drop; HttpOnly; Secure", "theme=; Path=/drop; Max-Age=0; SameSite=Lax"]);
    }
}
