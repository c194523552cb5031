//! Serves HTTP/2 (RFC 9113) on one connection, many requests at a time. Each is a stream, and so is each live socket
//! (RFC 8441).
//!
//! The time limits of HTTP/1.1 are those of the connection (`timed_stream`). Here, a client may stop taking one response while
//! it goes on with others, so each stream has a limit of its own, and the connection ends when it has had no stream for long.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::Request,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    rt::Executor,
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::{IDLE_TIMEOUT, Peer};
use crate::{config::Timeouts, locks::lock};

/// How many streams a client may have open. Browsers have up to a hundred when a page loads many small files.
const MAX_STREAMS: u32 = 100;
/// How many bytes of all requests of one connection may be on their way or wait to be read, and so how fast an upload can be: a
/// megabyte for each round trip, which is 10 MB/s to the other end of the world.
const WINDOW_BYTES: u32 = 1 << 20;
/// The longest piece of a request's body that is taken at once. Few clients make use of more than 16 KiB.
const MAX_FRAME_BYTES: u32 = 64 << 10;
/// How many bytes of one response may wait to be sent.
const SEND_BUFFER_BYTES: usize = 128 << 10;
/// How long a connection may take to end after it was idle.
const ENDING: Duration = Duration::from_secs(10);

/// Serves the requests of one connection until it ends.
pub(super) async fn serve<S>(stream: S, peer: Peer, router: Router, timeouts: Timeouts, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (streams, open) = watch::channel(0);
    let service = service_fn(move |mut request: Request<Incoming>| {
        peer.describe(request.extensions_mut());
        // `poll_ready` need not be called first: a router is always ready.
        let response = router.clone().call(request.map(Body::new));
        async move { Ok::<_, Infallible>(response.await?.map(WatchedBody::new)) }
    });
    let mut builder = http2::Builder::new(Streams { open: streams, patience: timeouts.stalled_client });
    builder
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        () = idle(open) => {
            serving.as_mut().graceful_shutdown();
            timeout(ENDING, serving).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection ended");
    }
}

/// Returns when no stream was open for [`IDLE_TIMEOUT`].
async fn idle(mut open: watch::Receiver<usize>) {
    loop {
        let no_stream = open.wait_for(|open| *open == 0).await.is_ok();
        // Without a sender, the connection has ended, and nobody waits for this.
        if !no_stream || timeout(IDLE_TIMEOUT, open.changed()).await.is_err() {
            return;
        }
    }
}

/// Runs the streams of a connection, each in a task of its own.
#[derive(Clone, Debug)]
struct Streams {
    /// How many are open.
    open: watch::Sender<usize>,
    /// How long the client may take nothing of a response.
    patience: Duration,
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let open = OpenStream::among(&self.open);
        let patience = self.patience;
        tokio::spawn(async move {
            until_stalled(stream, patience).await;
            drop(open);
        });
    }
}

/// A stream that is counted until this is dropped.
struct OpenStream(watch::Sender<usize>);

impl OpenStream {
    fn among(open: &watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open.clone())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

tokio::task_local! {
    static WAITING: Waiting;
}

/// Since when a part of the response of this task's stream waits for the client to take it; `None` while the client waits for
/// the response. The library asks the body for its next part only when the client takes more.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<Option<Instant>>>);

impl Waiting {
    fn since(&self) -> Option<Instant> {
        *lock(&self.0)
    }

    /// Notes for the stream of this task that the client has something to take, or nothing.
    fn note(is_waiting: bool) {
        WAITING.with(|Self(since)| *lock(since) = is_waiting.then(Instant::now));
    }
}

/// Runs a stream to its end, or until the client has taken nothing of its response for `patience`. Then the stream is dropped,
/// which resets it, and the others of the connection go on.
async fn until_stalled<F: Future>(stream: F, patience: Duration) {
    let waiting = Waiting::default();
    let mut stream = pin!(WAITING.scope(waiting.clone(), stream));
    let mut look_at = Instant::now() + patience;
    loop {
        tokio::select! {
            _ = stream.as_mut() => return,
            () = sleep_until(look_at) => {}
        }
        let now = Instant::now();
        look_at = waiting.since().unwrap_or(now) + patience;
        if look_at <= now {
            return;
        }
    }
}

/// The body of a response, which notes whether the client takes it.
#[derive(Debug)]
struct WatchedBody(Body);

impl WatchedBody {
    fn new(body: Body) -> Self {
        Waiting::note(true);
        Self(body)
    }
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.0).poll_frame(context);
        Waiting::note(frame.is_ready());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_response_that_nobody_takes_ends_and_one_that_waits_for_its_source_does_not() {
        let begun = Instant::now();
        until_stalled(
            async {
                tokio::time::sleep(10 * PATIENCE).await;
                Waiting::note(true);
                std::future::pending::<()>().await;
            },
            PATIENCE,
        )
        .await;
        assert_eq!((begun.elapsed() + Duration::from_millis(500)).as_secs(), (11 * PATIENCE).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_gets_it_all() {
        let taking = async {
            for _ in 0..10 {
                Waiting::note(true);
                tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
            }
        };
        let begun = Instant::now();
        until_stalled(taking, PATIENCE).await;
        assert!(begun.elapsed() > 9 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_it_had_no_stream_for_long() {
        let (streams, open) = watch::channel(0);
        let first = OpenStream::among(&streams);
        let waiting = tokio::spawn(idle(open));
        tokio::time::sleep(10 * IDLE_TIMEOUT).await;
        drop(first);
        tokio::time::sleep(IDLE_TIMEOUT / 2).await;
        drop(OpenStream::among(&streams));
        tokio::time::sleep(IDLE_TIMEOUT - Duration::from_secs(1)).await;
        assert!(!waiting.is_finished());
        waiting.await.unwrap();
    }
}
