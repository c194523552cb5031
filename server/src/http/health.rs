//! `/healthz` and `/readyz`: health checks for the system that supervises the server.

use axum::http::StatusCode;

use super::State;

/// `/healthz`: the process is alive, which the answer itself shows.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `/readyz`: whether the server accepts requests. It is no longer ready once it has begun to stop.
pub(crate) async fn ready(services: State) -> (StatusCode, &'static str) {
    if services.stopping.is_cancelled() { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ready\n") }
}
