//! `/doctor`: a page that checks the way from a visitor's browser to the server, for example through a proxy, and names the lines
//! that are missing in its configuration. It works without a room and says nothing that the visitor does not know.
//!
//! The checks are requests that a proxy is known to spoil: an upload of which the server reads only the beginning, a response that
//! stops in the middle until the page says that it has the first half, a WebSocket on which nothing is said. They belong to an
//! examination, which begins with [`seen`].

mod examinations;
mod page;
mod remedies;

use std::{sync::Arc, time::Duration};

use app::wire::{CLOSE_RESTART, ProblemCode};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Message, Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use tokio_util::sync::CancellationToken;

use super::{
    Refusal, Services, State,
    api::live::{socket::Socket, upgrade::Upgrade},
    guard::{Client, proxy::Forwarding},
    preferences,
};
use crate::{clock, fields::Scheme};
use examinations::Examination;
pub(crate) use examinations::Examinations;
use remedies::Proxy;

/// How long the server waits for the other half of a check. A browser on a slow network, which has to send up to a megabyte before the
/// server sees anything, gets that far.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the page may take to answer a close frame.
const CLOSING: Duration = Duration::from_secs(2);
/// How long a silent WebSocket is kept open. Most proxies cut one after 60 seconds, if they do.
const SILENCE: Duration = Duration::from_secs(100);
/// The largest body that [`measured`] takes.
const MAX_MEASURED_BYTES: usize = 4 << 20;

/// What the server sees of a request.
#[derive(Debug, Serialize)]
struct Seen {
    /// The examination, for the addresses of its checks.
    id: String,
    /// The origin that was opened, as far as the request tells: scheme, host and port.
    origin: String,
    /// The origin that the configuration names for everybody, if it does.
    public_origin: Option<String>,
    /// The address of the client, as the server takes it.
    address: String,
    forwarding: Forwarding,
    /// The proxy that passed the request on, if it can be told from what it adds to requests.
    proxy: Option<Proxy>,
    /// The server's clock, in milliseconds since 1970.
    now_ms: u64,
    /// How long a room's live socket is silent at most, in seconds.
    heartbeat_secs: u64,
}

/// `GET /doctor`: the page.
pub(crate) async fn page(services: State, headers: HeaderMap) -> Response {
    let view = page::View {
        base: &services.config.base_path,
        language: preferences::language(&headers),
        theme: preferences::theme(&headers),
        signs_itself: services.tls.as_ref().is_some_and(|tls| tls.authority().is_some()),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept-language, cookie")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY)),
    ];
    (headers, view.html()).into_response()
}

/// `GET /doctor/seen`: begins an examination, and says what the server sees of the request.
pub(crate) async fn seen(services: State, client: Client, request: Request) -> Result<Response, Refusal> {
    // Otherwise, any site could use up what the addresses of its visitors may begin. Over plain HTTP browsers do not say it.
    if request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Refusal::new(ProblemCode::CrossSite, "This request was sent by a page of another site."));
    }
    let id = services.examinations.begin(client.address)?;
    let scheme = request.extensions().get().copied().unwrap_or(Scheme::Http);
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let seen = Seen {
        id,
        origin: format!("{}://{host}", scheme.as_str()),
        public_origin: services.config.public_url.clone(),
        address: client.address.to_string(),
        forwarding: request.extensions().get().copied().unwrap_or(Forwarding::None),
        proxy: Proxy::of_request(headers),
        now_ms: clock::unix_ms(),
        heartbeat_secs: services.config.timeouts.heartbeat.as_secs(),
    };
    Ok((never_kept(), Json(seen)).into_response())
}

impl FromRequestParts<Arc<Services>> for Examination {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Refusal> {
        let id = Path::<String>::from_request_parts(parts, services).await;
        let id = id.map_err(|_| Refusal::new(ProblemCode::NotFound, "There is nothing at this address."))?;
        let check = parts.uri.path().rsplit('/').next().unwrap_or_default();
        services.examinations.take_part(&id, check)
    }
}

/// `POST /doctor/{id}/held`: an upload of which the server reads only the beginning. If the page is told of that before it has sent
/// everything, nothing keeps uploads on their way.
pub(crate) async fn held(services: State, examination: Examination, request: Request) -> StatusCode {
    let mut body = request.into_body().into_data_stream();
    if within_patience(&services.stopping, body.next()).await.is_some() {
        examination.note_arrival();
        within_patience(&services.stopping, std::future::pending::<()>()).await;
    }
    StatusCode::NO_CONTENT
}

/// `GET /doctor/{id}/arrived`: waits until the beginning of the upload is here, and says whether it is.
pub(crate) async fn arrived(services: State, examination: Examination) -> Response {
    let arrived = within_patience(&services.stopping, examination.arrival()).await.is_some();
    (never_kept(), Json(arrived)).into_response()
}

/// `POST /doctor/{id}/measured`: takes a small upload, so that the page can measure how long it takes.
pub(crate) async fn measured(services: State, _: Examination, request: Request) -> StatusCode {
    let mut body = request.into_body().into_data_stream();
    // What has come is dropped at once, because many of these may be under way.
    let reading = async {
        let mut taken = 0;
        while let Some(frame) = body.next().await {
            let Ok(frame) = frame else { return StatusCode::BAD_REQUEST };
            taken += frame.len();
            if taken > MAX_MEASURED_BYTES {
                return StatusCode::PAYLOAD_TOO_LARGE;
            }
        }
        StatusCode::NO_CONTENT
    };
    within_patience(&services.stopping, reading).await.unwrap_or(StatusCode::REQUEST_TIMEOUT)
}

/// `GET /doctor/{id}/halves`: a response that stops after the first half until the page says that it has it, or for so long that it
/// has not.
pub(crate) async fn halves(services: State, examination: Examination) -> Response {
    let stopping = services.stopping.clone();
    let halves = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"the first half\n")) }).chain(stream::once(async move {
        let went_on = within_patience(&stopping, examination.going_on()).await.is_some();
        Ok(Bytes::from_static(if went_on { b"the second half\n" } else { b"too late\n" }))
    }));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
    ];
    (headers, Body::from_stream(halves)).into_response()
}

/// `POST /doctor/{id}/on`: lets the response go on that stopped after its first half.
pub(crate) async fn on(examination: Examination) -> StatusCode {
    examination.go_on();
    StatusCode::NO_CONTENT
}

/// `GET /doctor/{id}/socket`: a WebSocket on which the server says nothing until the page does. Then it closes it, so that the page
/// can tell this from an end that somebody else made.
pub(crate) async fn socket(services: State, _: Examination, upgrade: Result<Upgrade, Refusal>) -> Result<Response, Refusal> {
    let (sockets, stopping) = (services.sockets.clone(), services.stopping.clone());
    Ok(upgrade?.accept(move |connection| {
        sockets.track_future(async move {
            let mut socket = Socket::new(connection, PATIENCE);
            let said = async {
                loop {
                    match socket.recv().await {
                        Ok(Message::Text(_)) => return true,
                        Ok(Message::Ping(_) | Message::Pong(_)) => {}
                        _ => return false,
                    }
                }
            };
            let end = tokio::select! {
                said = timeout(SILENCE, said) => said.unwrap_or(true).then_some((CloseCode::Normal, "heard")),
                () = stopping.cancelled() => Some((CLOSE_RESTART.into(), "the server restarts")),
            };
            if let Some((code, reason)) = end {
                let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
                #[expect(clippy::let_underscore_must_use, reason = "a page that does not answer in time has left")]
                let _ = timeout(CLOSING, socket.close(Some(frame))).await;
            }
        })
    }))
}

/// What becomes of `something`; `None` if it takes longer than [`PATIENCE`], or the server stops before.
async fn within_patience<T>(stopping: &CancellationToken, something: impl Future<Output = T>) -> Option<T> {
    stopping.run_until_cancelled(timeout(PATIENCE, something)).await?.ok()
}

fn never_kept() -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}
