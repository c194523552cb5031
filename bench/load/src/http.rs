//! A minimal HTTP/1.1 client: one connection that is kept open, one request at a time, bodies of a declared length.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// One connection to a server.
#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// A request. Without a token it is sent without a seat.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    /// Further lines of the head, each with its line end.
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The lines of the head after the status line.
    head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header field, which is named in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .iter()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> Result<Self> {
        ensure!(self.status == status, "the server answered {} instead of {status}: {}", self.status, String::from_utf8_lossy(&self.body));
        Ok(self)
    }

    /// A field of the body, which is a JSON object.
    pub(crate) fn field(&self, name: &str) -> Result<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).context("the answer is not JSON")?;
        Ok(body[name].as_str().with_context(|| format!("the answer has no {name}"))?.to_owned())
    }
}

impl Http {
    /// Opens a connection.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&mut self, request: Request<'_>) -> Result<Answer> {
        let Request { method, path, token, head, body } = request;
        let seat = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{seat}{head}content-length: {}\r\n\r\n", self.address, body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await.context("the request was not taken")?;
        self.receive().await.with_context(|| format!("{method} {path}"))
    }

    async fn receive(&mut self) -> Result<Answer> {
        let first = self.line().await?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status line")?;
        let mut head = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let mut answer = Answer { status, head, body: Vec::new() };
        if status == 204 {
            return Ok(answer);
        }
        let length = answer.header("content-length").context("the answer has no length")?.parse()?;
        answer.body = vec![0; length];
        self.stream.read_exact(&mut answer.body).await.context("the answer was cut")?;
        Ok(answer)
    }

    async fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(line.trim_end().to_owned())
    }
}
