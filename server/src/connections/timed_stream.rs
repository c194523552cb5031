//! A connection that ends when its client stops half-way, in the head of a request or while a response is sent, or sends
//! too much over a live socket.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::admission::Admitted;
use crate::{
    config::Timeouts,
    token_bucket::{Rate, TokenBucket},
};

/// A client's connection, with its place among the admitted ones.
#[derive(Debug)]
pub(super) struct TimedStream {
    stream: TcpStream,
    phase: Phase,
    /// Since when the client has been sending the head of a request; `None` while it is not.
    head_since: Option<Instant>,
    /// Since when the client has taken nothing of what is sent to it; `None` while it does.
    stalled_since: Option<Instant>,
    timeouts: Timeouts,
    /// Wakes the connection when a time limit is over. Most connections never need it.
    timer: Option<Pin<Box<Sleep>>>,
    /// How many bytes the client may still send over its live socket; `None` before the first.
    live_bytes: Option<Box<TokenBucket>>,
    _admitted: Admitted,
}

/// How many bytes a client may send over a live socket. Frames are counted where they are handled, but the pieces of an
/// unfinished message never get there.
const LIVE_BYTES: Rate = Rate { burst: 1048576.0, per_second: 131072.0 };

/// What a connection is used for. Only between requests may the bytes that come be those of a head.
#[derive(Clone, Debug, Default)]
pub(super) struct Phase(Arc<AtomicU8>);

const BETWEEN_REQUESTS: u8 = 0;
const ANSWERING: u8 = 1;
const LIVE_SOCKET: u8 = 2;

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering(Option<Phase>);

impl Phase {
    /// Notes that the head of a request has come.
    pub(super) fn answer(&self) -> Answering {
        self.0.store(ANSWERING, Ordering::Relaxed);
        Answering(Some(self.clone()))
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Answering {
    /// Notes that no further request follows on this connection, because it changed to another protocol.
    pub(super) fn forever(mut self) {
        if let Some(phase) = self.0.take() {
            phase.0.store(LIVE_SOCKET, Ordering::Relaxed);
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(phase) = &self.0 {
            phase.0.store(BETWEEN_REQUESTS, Ordering::Relaxed);
        }
    }
}

impl TimedStream {
    pub(super) fn new(stream: TcpStream, phase: Phase, timeouts: Timeouts, admitted: Admitted) -> Self {
        Self { stream, phase, head_since: None, stalled_since: None, timeouts, timer: None, live_bytes: None, _admitted: admitted }
    }

    /// An error once the client has been sending a head, or taking nothing, for too long. Until then, the task is woken
    /// when the earlier of the two limits is over.
    fn check_limits(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let head = self.head_since.map(|since| since + self.timeouts.head);
        let stalled = self.stalled_since.map(|since| since + self.timeouts.stalled_client);
        let Some(until) = head.into_iter().chain(stalled).min() else { return Ok(()) };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client stopped half-way")),
            Poll::Pending => Ok(()),
        }
    }

    /// Counts bytes that came over a live socket. It is an error when they are too many.
    fn count_live_bytes(&mut self, bytes: usize) -> io::Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let now = Instant::now();
        let allowed = self.live_bytes.get_or_insert_with(|| Box::new(TokenBucket::full(LIVE_BYTES, now)));
        #[expect(clippy::cast_precision_loss, reason = "one read is far shorter than 2^52 bytes")]
        let counted = allowed.spend_many(bytes as f64, now);
        counted.map_err(|_| io::Error::new(io::ErrorKind::QuotaExceeded, "the client sends too much over a live socket"))
    }

    /// Notes the outcome of a write: only one that has to wait begins the time, and one that gets on ends it.
    fn wrote<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled_since = None;
            // What is written is an answer, so the head before it has come.
            self.head_since = None;
            return written;
        }
        self.stalled_since.get_or_insert_with(Instant::now);
        self.check_limits(context)?;
        Poll::Pending
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match self.phase.get() {
            BETWEEN_REQUESTS if read.is_ready() => {
                self.head_since.get_or_insert_with(Instant::now);
            }
            BETWEEN_REQUESTS => {}
            LIVE_SOCKET => {
                self.head_since = None;
                self.count_live_bytes(buffer.filled().len() - before)?;
            }
            _ => self.head_since = None,
        }
        if read.is_pending() {
            self.check_limits(context)?;
        }
        read
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
