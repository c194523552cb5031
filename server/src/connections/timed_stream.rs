//! A connection that ends when its client stops half-way, in the head of a request or while a response is sent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use tokio_util::either::Either;

use super::{admission::Admitted, listener::Connection};
use crate::config::Timeouts;

/// A client's connection, with its place among the admitted ones.
#[derive(Debug)]
pub(super) struct TimedStream {
    stream: Connection,
    phase: Phase,
    /// Since when the client has been sending the head of a request; `None` while it is not.
    head_since: Option<Instant>,
    /// Since when the client has taken nothing of what is sent to it; `None` while it does.
    stalled_since: Option<Instant>,
    timeouts: Timeouts,
    /// Wakes the connection when a time limit is over. Most connections never need it.
    timer: Option<Pin<Box<Sleep>>>,
    _admitted: Admitted,
}

/// What a connection is used for. Only between requests may the bytes that come be those of a head.
#[derive(Clone, Debug, Default)]
pub(super) struct Phase {
    /// Whether the bytes that come are not those of the head of the next request.
    is_busy: Arc<AtomicBool>,
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering(Option<Phase>);

impl Phase {
    /// Notes that the head of a request has come.
    pub(super) fn answer(&self) -> Answering {
        self.is_busy.store(true, Ordering::Relaxed);
        Answering(Some(self.clone()))
    }
}

impl Answering {
    /// Notes that no further request follows on this connection in the manner of HTTP/1.1, because it changed to another
    /// protocol.
    pub(super) fn forever(mut self) {
        self.0 = None;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(phase) = &self.0 {
            phase.is_busy.store(false, Ordering::Relaxed);
        }
    }
}

impl TimedStream {
    pub(super) fn new(stream: Connection, phase: Phase, timeouts: Timeouts, admitted: Admitted) -> Self {
        Self { stream, phase, head_since: None, stalled_since: None, timeouts, timer: None, _admitted: admitted }
    }

    /// The first byte that the client sends, which is left to be read; `None` if it sends none. It is awaited by whoever has a
    /// time limit of its own.
    ///
    /// # Errors
    /// The system's; for a connection through a socket file always, because there is no TLS.
    pub(super) async fn first_byte(&self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let Either::Left(stream) = &self.stream else { return Err(io::ErrorKind::Unsupported.into()) };
        let count = stream.peek(&mut first).await?;
        Ok(first.first().copied().filter(|_| count > 0))
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
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.phase.is_busy.load(Ordering::Relaxed) {
            self.head_since = None;
        } else if read.is_ready() {
            self.head_since.get_or_insert_with(Instant::now);
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
