//! Requests over plain HTTP while the server has TLS: they are led to the same address over TLS.

use app::wire::ProblemCode;
use axum::{
    extract::{Path, Request},
    http::{HeaderValue, Method, Uri, header, uri::Authority},
    response::{IntoResponse, Redirect, Response},
};

use super::{Refusal, Services, State, app_shell::assets};

/// The port of HTTPS (RFC 9110, section 4.2.2).
const HTTPS_PORT: u16 = 443;

/// On which port a request over plain HTTP came.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlainPort {
    /// On the port of TLS: somebody left `https` out.
    Tls,
    /// On a port of its own.
    Other,
}

/// Serves the public files and the style that the page at `/ca` needs. Redirects everything else to the same address over TLS, permanently and without a change of the method (RFC 9110, section 15.4.9).
pub(crate) async fn redirect(services: State, port: PlainPort, request: Request) -> Response {
    let has_authority = services.tls.as_ref().is_some_and(|tls| tls.authority().is_some());
    if has_authority
        && matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(file) = assets::serve(request.uri().path(), request.headers())
    {
        return file;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match secure_origin(&services, host, port) {
        Some(origin) => {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let base = &services.config.base_path;
            // A browser that keeps it would lead there for ever, also when the server has no TLS any more.
            ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Redirect::permanent(&format!("{origin}{base}{path}")))
                .into_response()
        }
        None => Refusal::new(ProblemCode::MalformedRequest, "A request names exactly one host.").into_response(),
    }
}

/// `GET /.well-known/acme-challenge/{token}`: what proves to a public authority that this server has its name (RFC 8555, section
/// 8.3).
pub(crate) async fn challenge(services: State, Path(token): Path<String>) -> Response {
    match services.tls.as_ref().and_then(|tls| tls.challenge_answer(&token)) {
        Some(answer) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))], answer).into_response(),
        None => Refusal::new(ProblemCode::NotFound, "There is nothing at this address.").into_response(),
    }
}

/// The origin over TLS of the host in a header field; `None` if that names no host. It is the one that the configuration names for
/// this host, which knows of ports that lead to those of the server.
pub(super) fn secure_origin(services: &Services, host: &str, port: PlainPort) -> Option<String> {
    let origin = origin_of(host, port, services.port)?;
    let public = services.config.public_url.as_ref().filter(|public| {
        let (public, origin) = (public.parse::<Uri>(), origin.parse::<Uri>());
        matches!((public, origin), (Ok(public), Ok(origin)) if public.scheme_str() == Some("https") && public.host() == origin.host())
    });
    Some(public.cloned().unwrap_or(origin))
}

/// The same without what the configuration names. `tls_port` is the port of TLS, as far as the server knows: whoever came to that
/// port named the one that counts.
fn origin_of(host: &str, port: PlainPort, tls_port: u16) -> Option<String> {
    let authority: Authority = host.parse().ok()?;
    if authority.host().is_empty() || host.contains('@') {
        return None;
    }
    let tls_port = match port {
        PlainPort::Tls => authority.port_u16().unwrap_or(80),
        PlainPort::Other => tls_port,
    };
    let origin =
        if tls_port == HTTPS_PORT { format!("https://{}", authority.host()) } else { format!("https://{}:{tls_port}", authority.host()) };
    origin.parse::<Uri>().is_ok().then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_stays_and_the_port_becomes_that_of_tls() {
        for (host, port, expected) in [
            ("drop.lan:3000", PlainPort::Tls, "https://drop.lan:3000"),
            ("drop.lan:8443", PlainPort::Tls, "https://drop.lan:8443"),
            ("drop.lan", PlainPort::Other, "https://drop.lan:3000"),
            ("drop.lan:8080", PlainPort::Other, "https://drop.lan:3000"),
            ("[fd00::1]:8080", PlainPort::Other, "https://[fd00::1]:3000"),
            ("192.168.1.20", PlainPort::Other, "https://192.168.1.20:3000"),
        ] {
            assert_eq!(origin_of(host, port, 3000).as_deref(), Some(expected), "{host}");
        }
        assert_eq!(origin_of("drop.lan", PlainPort::Other, 443).as_deref(), Some("https://drop.lan"));
        for host in ["", "a b", "evil@drop.lan", "drop.lan/x", ":80"] {
            assert_eq!(origin_of(host, PlainPort::Other, 443), None, "{host}");
        }
    }
}
