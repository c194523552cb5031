//! A WebSocket that takes little memory while it is idle, because there are thousands.
//!
//! The library reads frames and answers pings and the closing handshake. What it would write, it would keep in a buffer that
//! never shrinks, so messages are written here, straight from where they are encoded. Its buffer for reading never shrinks
//! either, but clients send next to nothing.

use std::{
    future::poll_fn,
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Buf;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::ProtocolError,
    protocol::{
        CloseFrame, Role, WebSocketConfig, WebSocketContext,
        frame::{FrameHeader, coding::OpCode},
    },
};
use tokio_util::io::poll_write_buf;

use crate::token_bucket::{Rate, TokenBucket};

/// The longest message that a client may send, in bytes. It is far more than any valid message needs.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// How many bytes are read at once, which is more than most messages have. The buffer has as many from the beginning, and
/// grows when the head of a frame announces more.
const READ_BYTES: usize = 512;
/// How many bytes of pongs and close frames may wait to be written, of which each has 127 at most. When there is no space for
/// another pong, it takes the place of the one before it.
const MAX_UNSENT_BYTES: usize = 1024;
/// How much is read at once from a client that is not understood any more.
const DISCARDED_BYTES: usize = 4096;
/// The length of the longest head of a frame that a server sends, which has no mask (RFC 6455, section 5.2).
const MAX_HEAD_BYTES: usize = 10;

/// How many bytes a client may send. Frames are counted where they are handled, but the pieces of an unfinished message never get
/// there.
const RECEIVED_BYTES: Rate = Rate { burst: 1048576.0, per_second: 131072.0 };

/// The server's end of an open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TokioIo<Upgraded>,
    protocol: WebSocketContext,
    /// How long the client may take to receive a frame.
    patience: Duration,
    /// Whether the client broke the rules, so that no frame can be read any more.
    is_unreadable: bool,
    /// How many bytes the client may still send; `None` before the first.
    allowance: Option<Box<TokenBucket>>,
}

impl Socket {
    /// The socket over a connection whose handshake is complete. It ends when the client does not take a frame within
    /// `patience`.
    pub(crate) fn new(upgraded: Upgraded, patience: Duration) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES))
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_UNSENT_BYTES);
        let protocol = WebSocketContext::new(Role::Server, Some(config));
        Self { stream: TokioIo::new(upgraded), protocol, patience, is_unreadable: false, allowance: None }
    }

    /// The next message of the client, or its next control frame. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// The socket has ended, or the client broke the rules. Nothing more comes.
    pub(crate) async fn recv(&mut self) -> Result<Message, Error> {
        let received = poll_fn(|context| self.poll(context, |protocol, stream| protocol.read(stream))).await;
        // A connection that ended without a closing handshake is no broken rule.
        let cut = ProtocolError::ResetWithoutClosingHandshake;
        self.is_unreadable = match &received {
            Err(Error::Protocol(error)) => *error != cut,
            Err(Error::Capacity(_) | Error::Utf8(_)) => true,
            _ => false,
        };
        received
    }

    /// Sends one frame, which is a whole message. If the future is dropped, nothing more can be sent.
    ///
    /// # Errors
    /// The socket has ended, or the client did not take the frame in time.
    pub(super) async fn send(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), Error> {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        let mut head = [0; MAX_HEAD_BYTES];
        let mut unused = head.as_mut_slice();
        header.format(payload.len() as u64, &mut unused)?;
        let head_bytes = MAX_HEAD_BYTES - unused.len();
        let (mut frame, mut is_flushed) = (Buf::chain(&head[..head_bytes], payload), false);
        // Nearly every frame is taken at once, and needs no timer.
        if let Poll::Ready(sent) = poll_fn(|context| Poll::Ready(self.poll_send(context, &mut is_flushed, &mut frame))).await {
            return sent;
        }
        let (patience, sending) = (self.patience, poll_fn(|context| self.poll_send(context, &mut is_flushed, &mut frame)));
        Box::pin(timeout(patience, sending)).await.unwrap_or_else(|elapsed| Err(io::Error::from(elapsed).into()))
    }

    /// Writes what is left of the frame.
    fn poll_send(&mut self, context: &mut Context<'_>, is_flushed: &mut bool, frame: &mut impl Buf) -> Poll<Result<(), Error>> {
        // What the library has written a part of comes first. Later, a pong would get into the middle of the frame.
        if !*is_flushed {
            ready!(self.poll(context, |protocol, stream| protocol.flush(stream)))?;
            *is_flushed = true;
        }
        while frame.has_remaining() {
            if ready!(poll_write_buf(Pin::new(&mut self.stream), context, frame))? == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends a close frame, and returns when the client has closed its side, too: ending the connection with something unread
    /// could lose the frame. Without a frame, sends the answer to the client's own.
    pub(crate) async fn close(&mut self, frame: Option<CloseFrame>) {
        // Pongs that wait are sent first, so that there is space for a close frame.
        let flush = |protocol: &mut WebSocketContext, stream: &mut Nonblocking<'_, '_>| protocol.flush(stream);
        let flushed = poll_fn(|context| self.poll(context, flush)).await;
        if let (Ok(()), Some(frame)) = (flushed, frame) {
            let mut frame = Some(frame);
            let mut step = |protocol: &mut WebSocketContext, stream: &mut Nonblocking<'_, '_>| match frame.take() {
                Some(frame) => protocol.close(stream, Some(frame)),
                None => protocol.flush(stream),
            };
            if poll_fn(|context| self.poll(context, &mut step)).await.is_err() {
                return;
            }
            while !self.is_unreadable && self.recv().await.is_ok() {}
        }
        if self.is_unreadable && self.stream.shutdown().await.is_ok() {
            let mut discarded = vec![0; DISCARDED_BYTES];
            while self.stream.read(&mut discarded).await.is_ok_and(|read| read > 0) {}
        }
    }

    /// Lets the library take a step, which is pending when it has to wait for the connection.
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        step: impl FnOnce(&mut WebSocketContext, &mut Nonblocking<'_, '_>) -> Result<T, Error>,
    ) -> Poll<Result<T, Error>> {
        let mut stream = Nonblocking { stream: Pin::new(&mut self.stream), allowance: &mut self.allowance, context };
        match step(&mut self.protocol, &mut stream) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            done => Poll::Ready(done),
        }
    }
}

/// The connection as the library reads and writes it: [`io::ErrorKind::WouldBlock`] means that the task will be woken.
struct Nonblocking<'a, 'b> {
    stream: Pin<&'a mut TokioIo<Upgraded>>,
    allowance: &'a mut Option<Box<TokenBucket>>,
    context: &'a mut Context<'b>,
}

impl Read for Nonblocking<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        or_would_block(self.stream.as_mut().poll_read(self.context, &mut buffer))?;
        let received = buffer.filled().len();
        if received > 0 {
            let now = Instant::now();
            let allowance = self.allowance.get_or_insert_with(|| Box::new(TokenBucket::full(RECEIVED_BYTES, now)));
            #[expect(clippy::cast_precision_loss, reason = "one read is far shorter than 2^52 bytes")]
            let counted = allowance.spend_many(received as f64, now);
            counted.map_err(|_| io::Error::new(io::ErrorKind::QuotaExceeded, "the client sends too much over a live socket"))?;
        }
        Ok(received)
    }
}

impl Write for Nonblocking<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        or_would_block(self.stream.as_mut().poll_write(self.context, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        or_would_block(self.stream.as_mut().poll_flush(self.context))
    }
}

fn or_would_block<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(done) => done,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
