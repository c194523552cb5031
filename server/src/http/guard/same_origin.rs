//! Protection against cross-site request forgery: keeps pages of other sites from acting with a visitor's cookie.

use std::sync::Arc;

use app::wire::ProblemCode;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{cors, seat_cookie::seat_tokens};
use crate::http::{Refusal, Services};

/// Refuses requests that a page of another site makes a browser send, if they may change something, open a live socket,
/// or use what is here as a part of that page, such as an image. Links to this server are followed. Origins that the
/// configuration lists are allowed, but the visitor's cookies are taken off their requests: they have to prove a seat with
/// a token. Programs other than browsers are allowed, because they send neither `Sec-Fetch-Site` nor `Origin`, unless they ask
/// for images of a room in which they have no seat.
pub(crate) async fn check(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_foreign_image = is_foreign_image(request.uri().path(), headers);
    if is_from_here(headers, services.config.public_url.as_deref()) && !is_foreign_image {
        return next.run(request).await;
    }
    if cors::allowed_origin(&services, headers).is_some() {
        request.headers_mut().remove(header::COOKIE);
        return next.run(request).await;
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = headers.contains_key(header::UPGRADE);
    let differs = |name: &str, expected: &str| headers.get(name).is_some_and(|value| value != expected);
    let embeds = differs("sec-fetch-mode", "navigate") || differs("sec-fetch-dest", "document");
    if !reads || upgrades || embeds || is_foreign_image {
        // Without TLS browsers do not say whether another site is behind it, and a proxy that changes the host looks like one.
        let is_certain = headers.contains_key("sec-fetch-site");
        return refusal(is_certain);
    }
    next.run(request).await
}

/// The response to a request of another site's page, or, if that is not certain, perhaps of a page of this server over a proxy
/// that hides the host. Then its page says what the proxy has to send.
fn refusal(is_certain: bool) -> Response {
    if is_certain {
        return Refusal::new(ProblemCode::CrossSite, "This request was sent by a page of another site.").into_response();
    }
    let detail = "This request was sent by a page of another site, or over a proxy that hides which host it named. Such a proxy has to send \
                  X-Forwarded-Host, and its address has to be among those of --trusted-proxy.";
    let mut response = Refusal::new(ProblemCode::CrossSite, detail).into_response();
    response.extensions_mut().insert(ProblemCode::HostHidden);
    response
}

/// Whether a browser asks for an image in a page of another site, although it does not say so, because this server has no
/// TLS. Pages are never images, a browser may name the page that shows an image, and to images in a room's own page it adds
/// the seat's cookie, which it does not send from
/// pages of other hosts. Forty images of PINs that do not exist would otherwise spend all
/// guesses of whoever looks at a page.
fn is_foreign_image(path: &str, headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("sec-fetch-site") || !text(header::ACCEPT).is_some_and(|accept| accept.starts_with("image/")) {
        return false;
    }
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let is_page = matches!(parts[..], ["join" | "r", _]);
    let is_of_room = matches!(parts[..], ["api", "rooms", _, ..] | ["join" | "r", _, ..]);
    let has_seat = headers.contains_key(header::AUTHORIZATION) || seat_tokens(headers).next().is_some();
    let shown_by: Option<Uri> = text(header::REFERER).and_then(|referer| referer.parse().ok());
    let shown_by = shown_by.as_ref().and_then(Uri::authority);
    is_page
        || (is_of_room && !has_seat)
        || shown_by.is_some_and(|page| !text(header::HOST).is_some_and(|host| page.as_str().eq_ignore_ascii_case(host)))
}

/// Whether the request comes from a page of this server, or from no page. `public_origin` is the origin of this server's pages, if the
/// configuration names it: then a proxy may hide the host.
fn is_from_here(headers: &HeaderMap, public_origin: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // Browsers send `Sec-Fetch-Site` only to secure origins. It is preferred to `Origin`, because behind a proxy that
    // changes `Host` and is not trusted, the comparison of `Origin` with `Host` gives the wrong answer.
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    if public_origin.is_some_and(|public| public.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let origin: Option<Uri> = origin.parse().ok();
    let origin = origin.as_ref().and_then(Uri::authority);
    origin.is_some_and(|origin| text("host").is_some_and(|host| origin.as_str().eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &str)]) -> bool {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_from_here(&pairs.collect(), Some("https://drop.example"))
    }

    #[test]
    fn images_in_pages_of_other_sites_are_known_by_what_browsers_say_without_tls() {
        const IMAGES: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
        let foreign = |path: &str, headers: &[(&'static str, &str)]| {
            let host = [("host", "192.168.1.20:3000")];
            let pairs = host.iter().chain(headers).map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_foreign_image(path, &pairs.collect())
        };
        let thumbnail = "/api/rooms/482913/files/1/thumbnail";
        assert!(foreign("/join/482913", &[("accept", IMAGES)]));
        assert!(foreign(thumbnail, &[("accept", IMAGES), ("referer", "http://evil.example/")]));
        assert!(foreign(thumbnail, &[("accept", IMAGES), ("referer", "http://192.168.1.20:4000/")]));
        assert!(foreign(thumbnail, &[("accept", IMAGES)]));
        assert!(foreign("/join/482913/qr.svg", &[("accept", IMAGES)]));
        let seat = ("cookie", "snapdrop-482913=token");
        assert!(foreign(thumbnail, &[("accept", IMAGES), seat, ("referer", "http://evil.example/")]));
        assert!(!foreign(thumbnail, &[("accept", IMAGES), seat, ("referer", "http://192.168.1.20:3000/r/482913")]));
        assert!(!foreign("/join/482913/qr.svg", &[("accept", IMAGES), seat]));
        assert!(!foreign(thumbnail, &[("accept", IMAGES), ("authorization", "Bearer token")]));
        assert!(!foreign("/icons/icon.svg", &[("accept", IMAGES)]));
        // A link on another site, and a program.
        assert!(!foreign("/join/482913", &[("accept", "text/html,application/xhtml+xml"), ("referer", "http://evil.example/")]));
        assert!(!foreign("/join/482913", &[("accept", "*/*")]));
    }

    #[test]
    fn only_pages_of_this_server_may_act() {
        assert!(allowed(&[("host", "drop.example")]));
        assert!(allowed(&[("host", "192.168.1.20:3000"), ("origin", "http://192.168.1.20:3000")]));
        assert!(!allowed(&[("host", "192.168.1.20:3000"), ("origin", "http://evil.example")]));
        assert!(allowed(&[("host", "127.0.0.1:3000"), ("origin", "https://drop.example")]));
        assert!(!allowed(&[("host", "127.0.0.1:3000"), ("origin", "http://drop.example")]));
        assert!(!allowed(&[("host", "drop.example"), ("origin", "null")]));
        assert!(allowed(&[("host", "backend:3000"), ("origin", "https://drop.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!allowed(&[("host", "drop.example"), ("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[("host", "drop.example"), ("sec-fetch-site", "cross-site")]));
    }
}
