//! Accepts TCP connections and serves HTTP/1 on each of them until the server stops. The routes are in `router`.

mod admission;
mod refusal;
mod timed_stream;

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::config::Timeouts;
use admission::Admission;
use refusal::Refuser;
use timed_stream::{Phase, TimedStream};

pub(crate) use admission::ConnectionLimits;

/// The limit in bytes of one connection's read buffer, and of its write buffer. The memory of the file store comes on
/// top. With hyper's default of 400 KiB, a hundred transfers would need too much memory.
const BUFFER_BYTES: usize = 128 << 10;
/// The limit that is used while only a few connections are open: fewer and larger reads save a tenth of the processor
/// time of a fast upload.
const LARGE_BUFFER_BYTES: usize = 256 << 10;
/// A new connection gets [`LARGE_BUFFER_BYTES`] if fewer connections than this are open.
const FEW_CONNECTIONS: usize = 16;
/// How long a connection is kept on which no request is made.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long to wait when no connection can be accepted, usually because no file descriptors are left. Meanwhile, open
/// connections may end.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Accepts and serves connections within `limits` until `stop` is cancelled, then returns when the requests that are in
/// progress have been answered. Dropping the future cuts all connections.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: ConnectionLimits, timeouts: Timeouts, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let (admission, refuser) = (Admission::new(limits), Refuser::new());
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let buffer_bytes = if admission.open() < FEW_CONNECTIONS { LARGE_BUFFER_BYTES } else { BUFFER_BYTES };
                    // With Nagle's algorithm, a small message would wait until the one before it is acknowledged.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
                    }
                    match admission.admit(peer.ip()) {
                        Some(admitted) => {
                            let phase = Phase::default();
                            let stream = TimedStream::new(stream, phase.clone(), timeouts, admitted);
                            connections.spawn(connection(stream, phase, peer, buffer_bytes, router.clone(), stop.clone()));
                        }
                        None => refuser.refuse(stream),
                    }
                }
                Err(error) => wait_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves the requests of one connection, one after another, until the connection ends.
async fn connection(stream: TimedStream, phase: Phase, peer: SocketAddr, buffer_bytes: usize, router: Router, stop: CancellationToken) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        let answering = phase.answer();
        request.extensions_mut().insert(ConnectInfo(peer));
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
            Ok::<_, std::convert::Infallible>(response.map(body).map(Body::new))
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

/// Waits for a moment after accepting a connection failed. It does not wait when only the one client failed, because it
/// disconnected before it was accepted: every other error comes from the system and may come again at once.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
