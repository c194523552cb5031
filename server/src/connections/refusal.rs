//! The answer to a client for whose connection there is no place.

use std::{io, sync::Arc, time::Duration};

use app::wire::{Problem, ProblemCode};
use axum::http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::listener::Connection;
use crate::tls::HTTP_2;

/// How many clients are being refused at the same time. Further ones are disconnected without an answer.
const MAX_REFUSALS: usize = 64;
/// How long refusing a client may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// After how many seconds the client may try again.
const RETRY_AFTER_SECS: u64 = 5;

/// Refuses connections.
#[derive(Debug)]
pub(super) struct Refuser {
    places: Arc<Semaphore>,
}

impl Refuser {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_REFUSALS)) }
    }

    /// Answers with 503 in a task of its own, over TLS if there is an `acceptor`, and disconnects the client.
    pub(super) fn refuse(&self, stream: Connection, acceptor: Option<TlsAcceptor>) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let refusing = async {
                match acceptor {
                    Some(acceptor) => {
                        // With HTTP/2, the answer would be another one. Browsers say that the connection was closed.
                        let stream = acceptor.accept(stream).await?;
                        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) { Ok(()) } else { send(stream, &no_place()).await }
                    }
                    None => send(stream, &no_place()).await,
                }
            };
            #[expect(clippy::let_underscore_must_use, reason = "the connection ends, however the refusal went")]
            let _ = timeout(PATIENCE, refusing).await;
            drop(place);
        });
    }

    /// Answers a connection of a proxy that did not name its client with 400, without TLS: whoever looks for the fault sees it.
    pub(super) fn refuse_nameless(&self, stream: Connection) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let detail = "A connection of this proxy has to begin with one PROXY header (--proxy-protocol).";
        let answer = answer(&Problem::new(ProblemCode::MalformedRequest, detail));
        tokio::spawn(async move {
            #[expect(clippy::let_underscore_must_use, reason = "the connection ends, however the refusal went")]
            let _ = timeout(PATIENCE, send(stream, &answer)).await;
            drop(place);
        });
    }
}

async fn send(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await?;
    // What the client sends is read, because a connection that ends with unread bytes is reset, and the answer may be lost
    // with it.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

fn no_place() -> Vec<u8> {
    let mut problem = Problem::new(
        ProblemCode::TooManyConnections,
        "Too many connections are open, from your address or in all. Close what you do not need, or try again in a few seconds.",
    );
    problem.retry_after_secs = Some(RETRY_AFTER_SECS);
    answer(&problem)
}

/// The answer with a problem, as the last one of its connection.
fn answer(problem: &Problem) -> Vec<u8> {
    let body = serde_json::to_string(problem).expect("a problem has string keys and no failing parts");
    let (status, length) = (problem.status, body.len());
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let retry_after = problem.retry_after_secs.map(|secs| format!("retry-after: {secs}\r\n")).unwrap_or_default();
    format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
         {retry_after}cache-control: no-store\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
