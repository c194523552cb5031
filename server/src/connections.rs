//! Accepts connections and serves HTTP on each of them until the server stops: HTTP/1.1, and over TLS also HTTP/2. The
//! routes are in `router`.

mod admission;
mod handshake;
mod http1;
mod http2;
mod listener;
mod proxy_header;
mod refusal;
mod timed_stream;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, http::Extensions};
use ipnet::IpNet;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{config::Timeouts, fields::Scheme, tls::Tls};
use admission::{Admission, Admitted};
use handshake::Handshake;
use listener::Connection;
use proxy_header::Unreadable;
use refusal::Refuser;
use timed_stream::{Phase, TimedStream};

pub(crate) use admission::ConnectionLimits;
pub(crate) use http2::StreamEnd;
pub use listener::Listener;

/// How much memory one connection may use. The memory of the file store comes on top.
#[derive(Clone, Copy, Debug)]
struct Memory {
    /// With HTTP/1.1, the limit in bytes of its read buffer, and of its write buffer. With hyper's default of 400 KiB, a hundred
    /// transfers would need too much memory.
    buffer_bytes: usize,
    /// With HTTP/2, how many bytes of one request may be on their way or wait to be read, and so how fast an upload can be: a
    /// megabyte for each round trip is 10 MB/s to the other end of the world. All requests of a connection together have twice as
    /// many, so that one which is not read for a while does not hold up the others.
    window_bytes: u32,
}

/// The memory of a connection while many are open.
const SMALL: Memory = Memory { buffer_bytes: 128 << 10, window_bytes: 256 << 10 };
/// The memory of a connection that is made while only a few are open: fewer and larger reads save a tenth of the processor time of
/// a fast upload.
const LARGE: Memory = Memory { buffer_bytes: 256 << 10, window_bytes: 1 << 20 };
/// A new connection gets [`LARGE`] memory if fewer connections than this are open.
const FEW_CONNECTIONS: usize = 16;
/// How long a connection is kept on which no request is made.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long to wait when no connection can be accepted, usually because no file descriptors are left. Meanwhile, open
/// connections may end.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What is served on the connections of the server.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// What answers the requests of whoever uses the server as it is meant: over TLS, if the server has it.
    pub(crate) router: Router,
    /// What answers requests over plain HTTP that come to the port of TLS.
    pub(crate) plain_router: Router,
    /// The server's side of TLS, if it has it.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) timeouts: Timeouts,
    /// The proxies whose connections begin with a header that names the client.
    pub(crate) announcing_proxies: Arc<[IpNet]>,
}

/// The client at the other end of a connection.
#[derive(Clone, Copy, Debug)]
struct Peer {
    address: SocketAddr,
    scheme: Scheme,
}

impl Peer {
    /// Adds to a request what is known of its client.
    fn describe(&self, request: &mut Extensions) {
        request.insert(ConnectInfo(self.address));
        request.insert(self.scheme);
    }
}

/// Accepts connections from `listener`, and from the listener of `plain_port` those without TLS, which its router answers. Serves
/// them within `limits` until `stop` is cancelled, then returns when the requests that are in progress have been answered.
/// Dropping the future cuts all connections.
pub(crate) async fn serve(
    listener: Listener,
    plain_port: Option<(Listener, Router)>,
    served: Served,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    let admission = Admission::new(limits);
    let (timeouts, announcing_proxies) = (served.timeouts, Arc::clone(&served.announcing_proxies));
    let plainly = async {
        if let Some((listener, router)) = plain_port {
            let served = Served { plain_router: router.clone(), router, tls: None, timeouts, announcing_proxies };
            accept(listener, served, admission.clone(), stop.clone()).await;
        }
    };
    tokio::join!(accept(listener, served, admission.clone(), stop.clone()), plainly);
}

/// Accepts and serves the connections of one listener.
async fn accept(listener: Listener, served: Served, admission: Admission, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let (served, refuser) = (Arc::new(served), Arc::new(Refuser::new()));
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let memory = if admission.open() < FEW_CONNECTIONS { LARGE } else { SMALL };
                    match admission.admit(peer.ip()) {
                        Some(admitted) => {
                            let announced = served.announcing_proxies.iter().any(|proxies| proxies.contains(&peer.ip().to_canonical()));
                            let served = Arc::clone(&served);
                            if announced {
                                let (admission, refuser) = (admission.clone(), Arc::clone(&refuser));
                                let introduced = introduced(stream, peer, admitted, admission, refuser, Arc::clone(&served));
                                let stop = stop.clone();
                                connections.spawn(async move {
                                    if let Some(Some((stream, client, admitted))) = stop.run_until_cancelled(introduced).await {
                                        connection(stream, admitted, client, memory, served, stop).await;
                                    }
                                });
                            } else {
                                connections.spawn(connection(stream, admitted, peer, memory, served, stop.clone()));
                            }
                        }
                        None => refuser.refuse(stream, served.tls.as_ref().map(|tls| tls.acceptor())),
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

/// Reads the header in which a proxy names its client, and admits the client in the place of the proxy. `None` if there is no such
/// header, or no place: then that has been said.
async fn introduced(
    mut stream: Connection,
    proxy: SocketAddr,
    admitted: Admitted,
    admission: Admission,
    refuser: Arc<Refuser>,
    served: Arc<Served>,
) -> Option<(Connection, SocketAddr, Admitted)> {
    match timeout(served.timeouts.head, proxy_header::read(&mut stream)).await {
        Ok(Ok(None)) => Some((stream, proxy, admitted)),
        Ok(Ok(Some(client))) => {
            drop(admitted);
            match admission.admit(client.ip()) {
                Some(admitted) => Some((stream, client, admitted)),
                None => {
                    refuser.refuse(stream, served.tls.as_ref().map(|tls| tls.acceptor()));
                    None
                }
            }
        }
        // Many proxies look whether the server is there by a connection on which they say nothing.
        Ok(Err(Unreadable::Io(error))) => {
            tracing::debug!(%proxy, %error, "a connection ended before its PROXY header");
            None
        }
        Ok(Err(error)) => {
            tracing::warn!(%proxy, %error, "a connection of a trusted proxy was refused");
            refuser.refuse_nameless(stream);
            None
        }
        Err(_) => None,
    }
}

/// Serves the requests of one connection in the protocol that its client chooses.
async fn connection(
    stream: Connection,
    admitted: Admitted,
    address: SocketAddr,
    memory: Memory,
    served: Arc<Served>,
    stop: CancellationToken,
) {
    let phase = Phase::default();
    let stream = TimedStream::new(stream, phase.clone(), served.timeouts, admitted);
    let (http, https) = (Peer { address, scheme: Scheme::Http }, Peer { address, scheme: Scheme::Https });
    let Some(tls) = &served.tls else {
        return http1::serve(stream, phase, http, memory.buffer_bytes, served.router.clone(), stop).await;
    };
    // What comes now are no heads of requests, and the handshake has a time limit of its own.
    let shaking = phase.answer();
    // What a connection needs with TLS is allocated only then.
    let shaken = Box::pin(stop.run_until_cancelled(handshake::shake(stream, &tls.acceptor(), served.timeouts.head))).await;
    drop(shaking);
    match shaken {
        Some(Ok(Handshake::Http1(stream))) => {
            Box::pin(http1::serve(stream, phase, https, memory.buffer_bytes, served.router.clone(), stop)).await;
        }
        Some(Ok(Handshake::Http2(stream))) => {
            // The library reads the heads of requests at any time, and limits them itself.
            phase.answer().forever();
            Box::pin(http2::serve(stream, https, memory.window_bytes, served.router.clone(), served.timeouts, stop)).await;
        }
        Some(Ok(Handshake::Plain(stream))) => {
            Box::pin(http1::serve(stream, phase, http, memory.buffer_bytes, served.plain_router.clone(), stop)).await;
        }
        Some(Err(error)) => tracing::debug!(%address, %error, "a handshake failed"),
        None => {}
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
