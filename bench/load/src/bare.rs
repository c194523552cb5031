//! The bare server: what no server can leave out, and nothing else. It accepts WebSockets, and writes each text to all of them in
//! one loop on one thread. A listener that does not read is dropped. What it needs is what the operating system needs, so it shows how much a better server could gain.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use anyhow::{Context as _, Result, bail};
use tokio_tungstenite::tungstenite::{
    handshake::derive_accept_key,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// What a listener waits for in the beginning.
const SNAPSHOT: &str = r#"{"type":"snapshot","revision":0}"#;

/// Listens on a free port, prints the address, and serves until the process is ended.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let mut sockets = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        let (head, mut body) = read_head(&mut stream)?;
        if let Some(key) = field(&head, "sec-websocket-key") {
            let accept = derive_accept_key(key.as_bytes());
            write!(
                stream,
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
            )?;
            stream.write_all(&frame(SNAPSHOT.as_bytes())?)?;
            stream.set_nonblocking(true)?;
            sockets.push(stream);
        } else {
            let length: usize = field(&head, "content-length").context("a text has a length")?.parse()?;
            let came = body.len();
            body.resize(length, 0);
            stream.read_exact(&mut body[came..])?;
            let text = [br#"{"type":"event","event":"#.as_slice(), &body, b"}"].concat();
            let event = frame(&text)?;
            sockets.retain_mut(|socket: &mut TcpStream| matches!(socket.write(&event), Ok(written) if written == event.len()));
            write!(stream, "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
    Ok(())
}

/// Reads the head of a request, and what came of its body with it.
fn read_head(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            bail!("a request was cut");
        }
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Ok((String::from_utf8(bytes)?, body));
        }
    }
}

/// The value of a header field, which is named in lower case.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A text as the frame of a server.
fn frame(text: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Frame::message(text.to_vec(), OpCode::Data(Data::Text), true).format(&mut bytes)?;
    Ok(bytes)
}
