//! The host that a request names.

use std::sync::Arc;

use app::wire::ProblemCode;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Uri, Version, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::http::{Refusal, Services};

/// Gives a request whose target names the host the header field that says the same: with HTTP/2 there is no such field, and with
/// HTTP/1.1 the target is preferred to it (RFC 9112, section 3.2.2). Afterwards, the target is a path.
pub(crate) async fn take_from_target(mut request: Request) -> Request {
    if let Some(authority) = request.uri().authority() {
        // What stands before an @ is no part of the host.
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        if let Ok(host) = HeaderValue::try_from(host) {
            request.headers_mut().insert(header::HOST, host);
        }
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
    }
    request
}

/// Refuses a request that does not name exactly one host (RFC 9112, section 3.2), and one that names a host which the
/// configuration does not list. Without the list, a page of another site could act as one of this server's, by letting a
/// name of its own point to the address of this server (DNS rebinding).
pub(crate) async fn check(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let refusal = match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_served(&services.config.allowed_host, host.to_str().unwrap_or_default()) => None,
        (Some(_), None) => Some(Refusal::new(ProblemCode::UnknownHost, "This server is not meant to be reached under this name.")),
        (None, _) if request.version() < Version::HTTP_11 && services.config.allowed_host.is_empty() => None,
        _ => Some(Refusal::new(ProblemCode::MalformedRequest, "A request names exactly one host.")),
    };
    match refusal {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

/// Whether `host`, which may have a port, is in the list. An empty list has every host.
fn is_served(allowed: &[String], host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    allowed.is_empty() || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_without_its_port() {
        let allowed = ["drop.example".to_owned(), "[::1]".to_owned(), "192.0.2.7".to_owned()];
        for host in ["drop.example", "Drop.Example:8080", "[::1]", "[::1]:3000", "192.0.2.7:80"] {
            assert!(is_served(&allowed, host), "{host}");
            assert!(is_served(&[], host), "{host}");
        }
        for host in ["", "evil.example", "drop.example.evil.example", "drop.example:80:80", "192.0.2.70"] {
            assert!(!is_served(&allowed, host), "{host}");
        }
    }
}
