//! The beginning of a connection to a server with TLS.

use std::{io, time::Duration};

use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::timed_stream::TimedStream;
use crate::tls::HTTP_2;

/// The first byte of a TLS connection: the type of a record that belongs to a handshake (RFC 8446, section 5.1). No HTTP request
/// begins with it.
const HANDSHAKE: u8 = 0x16;

/// What the client speaks.
pub(super) enum Handshake {
    /// HTTP/1.1 over TLS.
    Http1(TlsStream<TimedStream>),
    /// HTTP/2 over TLS.
    Http2(TlsStream<TimedStream>),
    /// No TLS. It is a browser in which somebody typed the address without `https`, or a scheme that is missing in a link.
    Plain(TimedStream),
}

/// Does the handshake, which the client has to finish within `patience`.
pub(super) async fn shake(stream: TimedStream, acceptor: &TlsAcceptor, patience: Duration) -> io::Result<Handshake> {
    let shaking = async {
        match stream.first_byte().await? {
            Some(HANDSHAKE) => {}
            Some(_) => return Ok(Handshake::Plain(stream)),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let stream = acceptor.accept(stream).await?;
        let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
        Ok(if is_http_2 { Handshake::Http2(stream) } else { Handshake::Http1(stream) })
    };
    timeout(patience, shaking).await?
}
