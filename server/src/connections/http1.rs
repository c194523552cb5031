//! Serves HTTP/1.1 on one connection, one request after another.

use std::{convert::Infallible, pin::pin};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::{IDLE_TIMEOUT, Peer, timed_stream::Phase};

/// Serves the requests of one connection until it ends. `buffer_bytes` is the limit of its read buffer, and of its write
/// buffer.
pub(super) async fn serve<S>(stream: S, phase: Phase, peer: Peer, buffer_bytes: usize, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let answering = phase.answer();
        peer.describe(request.extensions_mut());
        // `poll_ready` need not be called first: a router is always ready.
        let response = router.clone().call(request.map(Body::new));
        async move {
            let response = response.await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                answering.forever();
                return Ok(response);
            }
            // The answer is over when its body is dropped, and with it this closure.
            let body = move |body: Body| body.map_frame(move |frame| (frame, &answering).0);
            Ok::<_, Infallible>(response.map(body).map(Body::new))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(buffer_bytes)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection ended");
    }
}
