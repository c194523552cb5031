//! `/healthz` and `/readyz`: for whatever watches over the server.

use axum::http::StatusCode;

use super::State;

/// The process answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The server takes work: not while it stops.
pub(crate) async fn ready(services: State) -> (StatusCode, &'static str) {
    if services.stopping.is_cancelled() { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ready\n") }
}
