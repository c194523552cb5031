//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use app::wire::ProblemCode;
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Request, header, request::Parts},
    response::Response,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::http::Refusal;

/// A request that asks for a WebSocket, as an extractor.
#[derive(Debug)]
pub(crate) struct Upgrade {
    response: Response,
    connection: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let refusal = || Refusal::new(ProblemCode::MalformedRequest, "This address speaks WebSocket only.");
        // The library checks a request of its own, and knows only the simplest form of two headers that are lists.
        let mut request = Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        for (name, value) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")] {
            if lists(&parts.headers, &name, value) {
                request.headers_mut().insert(name, HeaderValue::from_static(value));
            }
        }
        let response = create_response(&request).map_err(|_| refusal())?.map(|()| Body::empty());
        let connection = parts.extensions.remove::<OnUpgrade>().ok_or_else(refusal)?;
        Ok(Self { response, connection })
    }
}

/// Whether a header that is a list, possibly in several lines, has this value in it (RFC 9110, section 5.6.1).
fn lists(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(value))
}

impl Upgrade {
    /// Accepts the request with the response that is returned. In a task of its own, `serve` gets the connection once the
    /// response is sent; nothing happens if the connection breaks before.
    pub(super) fn accept<F: Future<Output = ()> + Send>(self, serve: impl FnOnce(Upgraded) -> F + Send + 'static) -> Response {
        let connection = self.connection;
        tokio::spawn(async move {
            match connection.await {
                Ok(upgraded) => serve(upgraded).await,
                Err(error) => tracing::trace!(%error, "a connection broke before it became a live socket"),
            }
        });
        self.response
    }
}
