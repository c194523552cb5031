//! The header with which a proxy that only passes bytes on says who its client is (PROXY protocol, versions 1 and 2,
//! <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>).

use std::net::SocketAddr;

use ppp::{
    v1,
    v2::{self, Command},
};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How a header of version 2 begins.
const SIGNATURE: &[u8] = v2::PROTOCOL_PREFIX;
/// The longest header of version 1, in bytes, its line end included.
const MAX_LINE_BYTES: usize = 107;
/// How many bytes may follow the first sixteen of version 2. Addresses take 36 of them; proxies add little else.
const MAX_ADDRESS_BYTES: usize = 1024;

/// Why there is no header that can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("a PROXY header is missing")]
    Missing,
    #[error("a PROXY header is too long")]
    TooLong,
    #[error("a PROXY header is malformed")]
    Malformed,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads the header at the beginning of a connection, and nothing after it. Returns the address of the client; `None` if the proxy
/// speaks for itself, as it does to see whether the server is there, or does not know.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, Unreadable> {
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        return read_version_2(stream, header).await;
    }
    if !header.starts_with(v1::PROTOCOL_PREFIX.as_bytes()) {
        return Err(Unreadable::Missing);
    }
    while !header.ends_with(b"\n") {
        if header.len() == MAX_LINE_BYTES {
            return Err(Unreadable::TooLong);
        }
        header.push(stream.read_u8().await?);
    }
    let header = v1::Header::try_from(header.as_slice()).map_err(|_| Unreadable::Malformed)?;
    Ok(match header.addresses {
        v1::Addresses::Tcp4(addresses) => Some((addresses.source_address, addresses.source_port).into()),
        v1::Addresses::Tcp6(addresses) => Some((addresses.source_address, addresses.source_port).into()),
        v1::Addresses::Unknown => None,
    })
}

async fn read_version_2(stream: &mut (impl AsyncRead + Unpin), mut header: Vec<u8>) -> Result<Option<SocketAddr>, Unreadable> {
    header.extend([stream.read_u8().await?, stream.read_u8().await?]);
    let length = stream.read_u16().await?;
    header.extend(length.to_be_bytes());
    if usize::from(length) > MAX_ADDRESS_BYTES {
        return Err(Unreadable::TooLong);
    }
    let begun = header.len();
    header.resize(begun + usize::from(length), 0);
    stream.read_exact(&mut header[begun..]).await?;
    let header = v2::Header::try_from(header.as_slice()).map_err(|_| Unreadable::Malformed)?;
    Ok(match header.addresses {
        _ if header.command == Command::Local => None,
        v2::Addresses::IPv4(addresses) => Some((addresses.source_address, addresses.source_port).into()),
        v2::Addresses::IPv6(addresses) => Some((addresses.source_address, addresses.source_port).into()),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    })
}

#[cfg(test)]
mod tests {
    use ppp::v2::{Builder, Protocol, Version};

    use super::*;

    async fn read_from(bytes: &[u8]) -> (Result<Option<SocketAddr>, String>, usize) {
        let mut rest = bytes;
        let read = read(&mut rest).await.map_err(|error| error.to_string());
        (read, rest.len())
    }

    fn version_2(source: &str) -> Vec<u8> {
        let source: SocketAddr = source.parse().unwrap();
        let here: SocketAddr = if source.is_ipv4() { "127.0.0.1:80" } else { "[::1]:80" }.parse().unwrap();
        Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, (source, here)).build().unwrap()
    }

    #[tokio::test]
    async fn the_client_is_read_and_what_follows_is_left() {
        for (header, client) in [
            (b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n".to_vec(), Some("203.0.113.9:4711")),
            (b"PROXY TCP6 2001:db8::9 ::1 4711 80\r\n".to_vec(), Some("[2001:db8::9]:4711")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (version_2("203.0.113.9:4711"), Some("203.0.113.9:4711")),
            (version_2("[2001:db8::9]:4711"), Some("[2001:db8::9]:4711")),
            ([SIGNATURE, &b"\x20\x00\x00\x00"[..]].concat(), None),
        ] {
            let client = client.map(|client| client.parse().unwrap());
            assert_eq!(read_from(&[&header, &b"GET / "[..]].concat()).await, (Ok(client), 6), "{header:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused_before_much_of_it_is_read() {
        let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 1000]].concat();
        let huge = [SIGNATURE, &b"\x21\x11\xff\xff"[..], &[0; 4000]].concat();
        for (bytes, expected) in [
            (&b"GET / HTTP/1.1\r\n"[..], "a PROXY header is missing"),
            (&endless, "a PROXY header is too long"),
            (&huge, "a PROXY header is too long"),
            (b"PROXY TCP4 drop.example 127.0.0.1 4711 80\r\n", "a PROXY header is malformed"),
            (b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 99999\r\n", "a PROXY header is malformed"),
            (&[SIGNATURE, &b"\x31\x11\x00\x0c"[..], &[0; 12]].concat(), "a PROXY header is malformed"),
        ] {
            let (read, left) = read_from(bytes).await;
            assert_eq!(read, Err(expected.to_owned()));
            assert!(bytes.len() - left <= MAX_LINE_BYTES, "{expected}");
        }
    }
}
