//! The opening handshake of a WebSocket, over HTTP/1.1 (RFC 6455, section 4.2) and HTTP/2 (RFC 8441).

use app::wire::ProblemCode;
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, header, request::Parts},
    response::Response,
};
use hyper::{
    ext::Protocol,
    upgrade::{OnUpgrade, Upgraded},
};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::{connections::StreamEnd, http::Refusal};

/// The version of the protocol (RFC 6455, section 4.1).
const VERSION: &str = "13";

/// A request that asks for a WebSocket, as an extractor.
#[derive(Debug)]
pub(crate) struct Upgrade {
    response: Response,
    connection: OnUpgrade,
    /// There over HTTP/2, where the socket is one of the streams of a connection.
    stream_end: Option<StreamEnd>,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let refusal = || Refusal::new(ProblemCode::MalformedRequest, "This address speaks WebSocket only.");
        let response = if is_extended_connect(&parts.method, &parts.extensions) {
            let is_known = parts.headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == VERSION);
            if is_known { Response::default() } else { return Err(refusal()) }
        } else {
            handshake(parts).ok_or_else(refusal)?
        };
        let connection = parts.extensions.remove::<OnUpgrade>().ok_or_else(refusal)?;
        let stream_end = parts.extensions.remove::<StreamEnd>();
        Ok(Self { response, connection, stream_end })
    }
}

/// Whether a request opens a WebSocket over HTTP/2 (RFC 8441, section 5).
pub(crate) fn is_extended_connect(method: &Method, extensions: &Extensions) -> bool {
    method == Method::CONNECT && extensions.get::<Protocol>().is_some_and(|protocol| protocol.as_str() == "websocket")
}

/// The response to an opening handshake over HTTP/1.1; `None` if it is none.
fn handshake(parts: &Parts) -> Option<Response> {
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
    create_response(&request).ok().map(|response| response.map(|()| Body::empty()))
}

/// Whether a header that is a list, possibly in several lines, has this value in it (RFC 9110, section 5.6.1).
fn lists(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(value))
}

impl Upgrade {
    /// Accepts the request with the response that is returned. In a task of its own, `serve` gets the connection once the
    /// response is sent; nothing happens if the connection breaks before.
    pub(crate) fn accept<F: Future<Output = ()> + Send>(self, serve: impl FnOnce(Upgraded) -> F + Send + 'static) -> Response {
        let (connection, stream_end) = (self.connection, self.stream_end);
        tokio::spawn(async move {
            match connection.await {
                Ok(upgraded) => serve(upgraded).await,
                Err(error) => tracing::trace!(%error, "a connection broke before it became a live socket"),
            }
            stream_end.iter().for_each(StreamEnd::note);
        });
        self.response
    }
}
