//! `/ca`: how a device learns to trust a server that signs its own certificate. The page, and the certificate in the forms that
//! devices install. They are reached over plain HTTP, too, because a device that does not trust the server yet warns of everything
//! else. Who reads them there compares the certificate's fingerprint.

mod guides;
mod page;
mod profile;

use std::sync::Arc;

use app::wire::ProblemCode;
use axum::{
    Extension,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Refusal, Services, State, guard::Client, plain::PlainPort, preferences};

/// The address of the certificate in PEM format.
pub(crate) const CERTIFICATE: &str = "/ca.crt";
/// The address of the certificate as a profile for Apple's systems.
pub(crate) const PROFILE: &str = "/ca.mobileconfig";
/// The address that a device reaches over TLS only when it trusts the server.
pub(crate) const TRUSTED: &str = "/ca/trusted";

/// The certificate of this server's own authority in DER, as an extractor. It refuses requests to a server that has none.
pub(crate) struct OwnAuthority {
    certificate: Vec<u8>,
    fingerprint: String,
}

impl FromRequestParts<Arc<Services>> for OwnAuthority {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, services: &Arc<Services>) -> Result<Self, Refusal> {
        let authority = services.tls.as_ref().and_then(|tls| tls.authority());
        let authority = authority.ok_or_else(|| Refusal::new(ProblemCode::NotFound, "This server does not sign its own certificate."))?;
        Ok(Self { certificate: authority.certificate().to_vec(), fingerprint: authority.fingerprint() })
    }
}

/// `GET /ca`: the page, with the steps for the visitor's device on top.
pub(crate) async fn page(
    authority: OwnAuthority,
    services: State,
    client: Client,
    port: Option<Extension<PlainPort>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = port.map_or(PlainPort::Tls, |Extension(port)| port);
    let origin = super::plain::secure_origin(&services, host, port)
        .ok_or_else(|| Refusal::new(ProblemCode::MalformedRequest, "A request names exactly one host."))?;
    let view = page::View {
        base: &services.config.base_path,
        language: preferences::language(&headers),
        theme: preferences::theme(&headers),
        device: client.device(&services, None),
        fingerprint: &authority.fingerprint,
        origin: &origin,
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept-language, cookie, user-agent, host")),
        (header::CONTENT_SECURITY_POLICY, page::policy(&origin)),
    ];
    Ok((headers, view.html()).into_response())
}

/// `GET /ca.crt`: the certificate as text (RFC 7468), which every system but Apple's phones installs from a file.
pub(crate) async fn certificate(authority: OwnAuthority) -> Response {
    let base64 = STANDARD.encode(&authority.certificate);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    file("application/x-x509-ca-cert", "attachment; filename=\"snapdrop-ca.crt\"", pem)
}

/// `GET /ca.mobileconfig`: the certificate as a profile, which Apple's phones install when they download it.
pub(crate) async fn profile(authority: OwnAuthority) -> Response {
    let profile = profile::of(&authority.certificate);
    file("application/x-apple-aspen-config", "attachment; filename=\"snapdrop-ca.mobileconfig\"", profile)
}

fn file(media_type: &'static str, disposition: &'static str, content: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, content).into_response()
}

/// `GET /ca/trusted`: nothing, for the script of the page. A browser lets it come here, to another origin, only over a
/// certificate that it trusts. It is open to every page, because it says nothing.
pub(crate) async fn trusted() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
