//! Requests that are written byte by byte over TCP, for clients that stall, send less than they announce, or vanish.

use app::room::FileId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{seat::Seat, test_app::LONG};

/// Begins a chunk of `announced` bytes and sends the first of them.
pub(crate) async fn begin_chunk(seat: &Seat, id: FileId, offset: u64, announced: u64, first: &[u8]) -> TcpStream {
    begin_upload(seat, "PATCH", &seat.file(id), &[("upload-offset", &offset.to_string())], announced, first).await
}

/// Begins a request with `announced` bytes of a file and sends the first of them.
pub(crate) async fn begin_upload(
    seat: &Seat,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    announced: u64,
    first: &[u8],
) -> TcpStream {
    let mut stream = TcpStream::connect(seat.door.address()).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
         content-type: application/offset+octet-stream\r\n{headers}content-length: {announced}\r\n\r\n",
        seat.door.address(),
        seat.entered.token,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first).await.unwrap();
    stream
}

/// The head and the body of one answer: everything that the server sends before the connection ends.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut text)).await;
    let text = String::from_utf8_lossy(&text).into_owned();
    // The connection may end in order, or with a reset after the answer.
    assert!(read.is_ok(), "the connection has not ended within {LONG:?}; received so far: {text:?}");
    text
}
