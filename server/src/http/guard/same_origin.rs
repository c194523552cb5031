//! Protection against cross-site request forgery: keeps pages of other sites from acting with a visitor's cookie.

use std::sync::Arc;

use app::wire::ProblemCode;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::cors;
use crate::http::{Refusal, Services};

/// Refuses requests that a page of another site makes a browser send, if they may change something, open a live socket,
/// or use what is here as a part of that page, such as an image. Links to this server are followed. Origins that the
/// configuration lists are allowed, but the visitor's cookies are taken off their requests: they have to prove a seat with
/// a token. Programs other than browsers are allowed, because they send neither `Sec-Fetch-Site` nor `Origin`.
pub(crate) async fn check(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    if is_from_here(headers) {
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
    if !reads || upgrades || embeds {
        return Refusal::new(ProblemCode::CrossSite, "This request was sent by a page of another site.").into_response();
    }
    next.run(request).await
}

/// Whether the request comes from a page of this server, or from no page.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // Browsers send `Sec-Fetch-Site` only to secure origins. It is preferred to `Origin`, because behind a proxy that
    // changes `Host`, the comparison of `Origin` with `Host` gives the wrong answer.
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let origin: Option<Uri> = origin.parse().ok();
    let origin = origin.as_ref().and_then(Uri::authority);
    origin.is_some_and(|origin| text("host").is_some_and(|host| origin.as_str().eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &str)]) -> bool {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_from_here(&pairs.collect())
    }

    #[test]
    fn only_pages_of_this_server_may_act() {
        assert!(allowed(&[("host", "drop.example")]));
        assert!(allowed(&[("host", "192.168.1.20:3000"), ("origin", "http://192.168.1.20:3000")]));
        assert!(!allowed(&[("host", "192.168.1.20:3000"), ("origin", "http://evil.example")]));
        assert!(!allowed(&[("host", "drop.example"), ("origin", "null")]));
        assert!(allowed(&[("host", "backend:3000"), ("origin", "https://drop.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!allowed(&[("host", "drop.example"), ("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[("host", "drop.example"), ("sec-fetch-site", "cross-site")]));
    }
}
