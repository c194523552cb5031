//! Connections: accepted, served, and ended with the server.

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

use crate::in_place::InPlace;

/// The most bytes that one connection has in memory in either direction, beside what the files'
/// own limits allow: with the usual 400 KiB, a hundred transfers would not be flat.
const BUFFER_BYTES: usize = 128 << 10;
/// The same for each of a few connections: fewer and larger reads cost a fast upload a tenth less.
const LARGE_BUFFER_BYTES: usize = 256 << 10;
/// How many connections are few.
const FEW_CONNECTIONS: usize = 16;
/// How long a client may take for the head of a request, the wait for one on an idle connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// A pause when the system has no descriptors left, so that those in use can end.
const NO_DESCRIPTORS_PAUSE: Duration = Duration::from_secs(1);

/// Serves every connection until `stop`, and then those that are in the middle of a request. Dropped,
/// it cuts them.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let buffer_bytes = if connections.len() < FEW_CONNECTIONS { LARGE_BUFFER_BYTES } else { BUFFER_BYTES };
                    let serving = connection(stream, peer, buffer_bytes, router.clone(), stop.clone());
                    connections.spawn(InPlace::new(Box::pin(serving)));
                }
                Err(error) => wait_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One connection, with its requests one after another.
async fn connection(stream: TcpStream, peer: SocketAddr, buffer_bytes: usize, router: Router, stop: CancellationToken) {
    // Without it small messages wait for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
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

/// A client that is gone before it was accepted is no reason to wait; everything else is the system's.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        tokio::time::sleep(NO_DESCRIPTORS_PAUSE).await;
    }
}
