//! Accepts TCP connections and serves HTTP/1 on each of them until the server stops. The routes are in `router`.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// The limit in bytes of one connection's read buffer, and of its write buffer. The memory of the file store comes on
/// top. With hyper's default of 400 KiB, a hundred transfers would need too much memory.
const BUFFER_BYTES: usize = 128 << 10;
/// The limit that is used while only a few connections are open: fewer and larger reads save a tenth of the processor
/// time of a fast upload.
const LARGE_BUFFER_BYTES: usize = 256 << 10;
/// A new connection gets [`LARGE_BUFFER_BYTES`] if fewer connections than this are open.
const FEW_CONNECTIONS: usize = 16;
/// How long a client may take to send the head of a request. The time for which an idle connection waits for its next
/// request counts, too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long to wait when no connection can be accepted, usually because no file descriptors are left. Meanwhile, open
/// connections may end.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Accepts and serves connections until `stop` is cancelled, then returns when the requests that are in progress have
/// been answered. Dropping the future cuts all connections.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let buffer_bytes = if connections.len() < FEW_CONNECTIONS { LARGE_BUFFER_BYTES } else { BUFFER_BYTES };
                    let serving = connection(stream, peer, buffer_bytes, router.clone(), stop.clone());
                    connections.spawn(serving);
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
async fn connection(stream: TcpStream, peer: SocketAddr, buffer_bytes: usize, router: Router, stop: CancellationToken) {
    // With Nagle's algorithm, a small message would wait until the one before it is acknowledged.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        // `poll_ready` need not be called first: a router is always ready.
        router.clone().call(request.map(Body::new))
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
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
