//! Serves HTTP/2 (RFC 9113) on one connection, many requests at a time. Each is a stream, and so is each live socket
//! (RFC 8441).
//!
//! The time limits of HTTP/1.1 are those of the connection (`timed_stream`). Here, a client may stop taking one response while
//! it goes on with others, so each stream has a limit of its own, and the connection ends when it has had no stream for long.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{Method, Request},
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
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use super::{IDLE_TIMEOUT, Peer};
use crate::{config::Timeouts, locks::lock};

/// How many streams a client may have open. Browsers have up to a hundred when a page loads many small files.
const MAX_STREAMS: u32 = 100;
/// How many requests of one connection are answered at the same time; further ones wait. Otherwise, one connection could have as many
/// files open, and as many bytes in memory, as a hundred of HTTP/1.1. Browsers open six of those.
const MAX_ANSWERS: usize = 8;
/// The longest piece of a request's body that is taken at once. Few clients make use of more than 16 KiB.
const MAX_FRAME_BYTES: u32 = 64 << 10;
/// How many bytes of one response may wait to be sent.
const SEND_BUFFER_BYTES: usize = 32 << 10;
/// How many bytes of a response are given to the library at once. It asks for more when the client takes some, which shows that the
/// client takes any; and what it was given last stays with it when the stream's task has ended.
const PIECE_BYTES: usize = 16 << 10;
/// How long a connection that is about to end waits for streams that the client began before it heard of that.
const ENDING: Duration = Duration::from_secs(10);

/// Serves the requests of one connection until it ends. `window_bytes` is how many bytes of one request may be on their way or wait to
/// be read.
pub(super) async fn serve<S>(stream: S, peer: Peer, window_bytes: u32, router: Router, timeouts: Timeouts, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (streams, open) = watch::channel(0);
    let answers = Arc::new(Semaphore::new(MAX_ANSWERS));
    let service = service_fn(move |mut request: Request<Incoming>| {
        peer.describe(request.extensions_mut());
        let (mut router, answers) = (router.clone(), Arc::clone(&answers));
        async move {
            let answer = answers.acquire_owned().await.expect("the semaphore is never closed");
            let waiting = WAITING.with(Waiting::clone);
            request.extensions_mut().insert(StreamEnd(waiting.clone()));
            let opens_socket = request.method() == Method::CONNECT;
            // `poll_ready` need not be called first: a router is always ready.
            let response = router.call(request.map(Body::new)).await?;
            // Over a stream that became a socket, nothing is sent before somebody writes to it.
            waiting.note(!(opens_socket && response.status().is_success()));
            Ok::<_, Infallible>(response.map(|body| WatchedBody { body, rest: Bytes::new(), waiting, _answer: answer }))
        }
    });
    let mut builder = http2::Builder::new(Streams { open: streams, patience: timeouts.stalled_client });
    builder
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(window_bytes)
        .initial_connection_window_size(2 * window_bytes)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        () = idle(open.clone(), IDLE_TIMEOUT) => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                served = serving => served,
                () = idle(open, ENDING) => Ok(()),
            }
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection ended");
    }
}

/// Returns when no stream was open for this long.
async fn idle(mut open: watch::Receiver<usize>, period: Duration) {
    loop {
        let no_stream = open.wait_for(|open| *open == 0).await.is_ok();
        // Without a sender, the connection has ended, and nobody waits for this.
        if !no_stream || timeout(period, open.changed()).await.is_err() {
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
        // What sends for a live socket is begun by the task of the request that opened it, and belongs to the same stream.
        let waiting = WAITING.try_with(Waiting::clone).unwrap_or_default();
        tokio::spawn(async move {
            until_stalled(stream, waiting, patience).await;
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

/// Since when something of this stream waits for the client to take it; `None` while the client waits for the server. The library
/// asks the body of a response for its next part only when the client takes more.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<Option<Instant>>>);

impl Waiting {
    fn since(&self) -> Option<Instant> {
        *lock(&self.0)
    }

    fn note(&self, is_waiting: bool) {
        *lock(&self.0) = is_waiting.then(Instant::now);
    }
}

/// The end of a stream that became a live socket, as an extension of the request that opened it. When the socket has ended, only
/// what was written before waits for the client. The library would wait for that without end.
#[derive(Clone, Debug)]
pub(crate) struct StreamEnd(Waiting);

impl StreamEnd {
    /// Notes that nothing more is written.
    pub(crate) fn note(&self) {
        self.0.note(true);
    }
}

/// Runs a stream to its end, or until the client has taken nothing of its response for `patience`. Then the stream is dropped,
/// which resets it, and the others of the connection go on.
async fn until_stalled<F: Future>(stream: F, waiting: Waiting, patience: Duration) {
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

/// The body of a response in small pieces, which notes whether the client takes them.
#[derive(Debug)]
struct WatchedBody {
    body: Body,
    /// What is left of the part that came from the body last.
    rest: Bytes,
    waiting: Waiting,
    _answer: OwnedSemaphorePermit,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let polled = Pin::new(&mut self.body).poll_frame(context);
            self.waiting.note(polled.is_ready());
            match ready!(polled) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        self.waiting.note(true);
        let length = self.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // It is asked for before the first piece is taken.
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_response_that_nobody_takes_ends_and_one_that_waits_for_its_source_does_not() {
        let begun = Instant::now();
        let waiting = Waiting::default();
        let stream = async {
            tokio::time::sleep(10 * PATIENCE).await;
            waiting.note(true);
            std::future::pending::<()>().await;
        };
        until_stalled(stream, waiting.clone(), PATIENCE).await;
        assert_eq!((begun.elapsed() + Duration::from_millis(500)).as_secs(), (11 * PATIENCE).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_gets_it_all() {
        let waiting = Waiting::default();
        let taking = async {
            for _ in 0..10 {
                waiting.note(true);
                tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
            }
        };
        let begun = Instant::now();
        until_stalled(taking, waiting.clone(), PATIENCE).await;
        assert!(begun.elapsed() > 9 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_it_had_no_stream_for_long() {
        let (streams, open) = watch::channel(0);
        let first = OpenStream::among(&streams);
        let waiting = tokio::spawn(idle(open, IDLE_TIMEOUT));
        tokio::time::sleep(10 * IDLE_TIMEOUT).await;
        drop(first);
        tokio::time::sleep(IDLE_TIMEOUT / 2).await;
        drop(OpenStream::among(&streams));
        tokio::time::sleep(IDLE_TIMEOUT - Duration::from_secs(1)).await;
        assert!(!waiting.is_finished());
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_response_comes_in_small_pieces_and_whole() {
        let whole: Bytes = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
        let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let body = Body::from(whole.clone());
        let mut watched = WatchedBody { body, rest: Bytes::new(), waiting: Waiting::default(), _answer: permit };
        assert_eq!(watched.size_hint().exact(), Some(100_000));
        let mut received = Vec::new();
        while let Some(piece) = watched.frame().await {
            let piece = piece.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE_BYTES && watched.waiting.since().is_some());
            received.extend_from_slice(&piece);
        }
        assert!(received == whole && watched.is_end_stream());
    }
}
