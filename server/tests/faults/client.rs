//! A small HTTP client for rooms, tus uploads and downloads. Its calls return [`Broken`] when the connection
//! breaks or when the server gives another answer than the expected one.

use std::{convert::Infallible, net::SocketAddr, ops::Range, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::stream;
use reqwest::{Body, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::pattern::Pattern;

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection ended, or the answer took too long.
    Link,
    /// The answer was not the expected one.
    Refused { status: u16, text: String },
}

impl From<reqwest::Error> for Broken {
    fn from(_: reqwest::Error) -> Self {
        Self::Link
    }
}

/// Whether a file is in the list, or only a part of another one (tus concatenation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Part,
}

/// Whether a chunk carries `Upload-Checksum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    None,
    Sha256,
}

/// A file that was announced to the server.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) pattern: Pattern,
    pub(crate) size: u64,
}

impl File {
    pub(crate) fn path(&self) -> String {
        format!("/files/{}", self.id)
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.pattern.sha256(0..self.size)
    }
}

/// A client that opens a new connection for each request. `patience` is the time limit of a whole request.
pub(crate) fn http(patience: Option<Duration>) -> Client {
    // The library asks for cryptography, although nothing here is encrypted. An error says that another test has set it.
    let _known = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
    patience.into_iter().fold(client, reqwest::ClientBuilder::timeout).build().unwrap()
}

/// A room, seen by its owner.
#[derive(Clone)]
pub(crate) struct Room {
    http: Client,
    address: SocketAddr,
    pub(crate) pin: String,
    pub(crate) token: String,
}

impl Room {
    pub(crate) async fn create(http: &Client, address: SocketAddr) -> Result<Self, Broken> {
        let request = http.post(format!("http://{address}/api/rooms")).json(&json!({"name": "Olga"}));
        let entered: Value = expect(request.send().await?, 201).await?.json().await?;
        let field = |name: &str| entered[name].as_str().unwrap().to_owned();
        Ok(Self { http: http.clone(), address, pin: field("pin"), token: field("token") })
    }

    /// The same seat, used with another client and at another address: through a proxy, or after a restart.
    pub(crate) fn at(&self, http: &Client, address: SocketAddr) -> Self {
        Self { http: http.clone(), address, ..self.clone() }
    }

    /// A request with the owner's token to a path below the room's.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}/api/rooms/{}{path}", self.address, self.pin);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    fn tus(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("tus-resumable", "1.0.0")
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Response, Broken> {
        expect(self.request(Method::GET, path).send().await?, 200).await
    }

    /// The room as JSON, as the API returns it.
    pub(crate) async fn view(&self) -> Result<Value, Broken> {
        let view: Value = self.get("").await?.json().await?;
        Ok(view["room"].clone())
    }

    /// Joins the room as another member, whose token is not kept.
    pub(crate) async fn join(&self, name: &str) -> Result<(), Broken> {
        // Sent without the owner's token: with it, the server would answer with the owner's own seat.
        let url = format!("http://{}/api/rooms/{}/members", self.address, self.pin);
        let request = self.http.post(url).json(&json!({ "name": name }));
        expect(request.send().await?, 201).await.map(drop)
    }

    pub(crate) async fn close(&self) -> Result<(), Broken> {
        expect(self.request(Method::DELETE, "").send().await?, 204).await.map(drop)
    }

    /// Announces a file.
    pub(crate) async fn announce(&self, kind: Kind, pattern: Pattern, size: u64) -> Result<File, Broken> {
        let metadata = format!("filename {}", STANDARD.encode(format!("{}.bin", pattern.0)));
        let mut request = self.tus(Method::POST, "/files").header("upload-length", size).header("upload-metadata", metadata);
        if kind == Kind::Part {
            request = request.header("upload-concat", "partial");
        }
        let response = expect(request.send().await?, 201).await?;
        let id = header(&response, "location").rsplit('/').next().unwrap().to_owned();
        Ok(File { id, kind, pattern, size })
    }

    /// Asks for the offset at which an upload continues.
    pub(crate) async fn offset(&self, file: &File) -> Result<u64, Broken> {
        let response = expect(self.tus(Method::HEAD, &file.path()).send().await?, 200).await?;
        Ok(header(&response, "upload-offset").parse().unwrap())
    }

    /// Sends a chunk and returns the acknowledged offset. Before each frame is sent, `sent` is called with the
    /// frame's length in bytes.
    pub(crate) async fn append(
        &self,
        file: &File,
        part: Range<u64>,
        checksum: Checksum,
        sent: impl Fn(u64) + Send + 'static,
    ) -> Result<u64, Broken> {
        let mut request = self
            .tus(Method::PATCH, &file.path())
            .header("content-type", "application/offset+octet-stream")
            .header("content-length", part.end - part.start)
            .header("upload-offset", part.start);
        if checksum == Checksum::Sha256 {
            let sum = STANDARD.encode(file.pattern.sha256(part.clone()));
            request = request.header("upload-checksum", format!("sha256 {sum}"));
        }
        let end = part.end;
        let frames = file.pattern.frames(part).map(move |frame| {
            sent(frame.len() as u64);
            Ok::<_, Infallible>(frame)
        });
        let response = expect(request.body(Body::wrap_stream(stream::iter(frames))).send().await?, 204).await?;
        let offset = header(&response, "upload-offset").parse().unwrap();
        assert_eq!(offset, end, "a whole chunk was acknowledged");
        Ok(offset)
    }

    pub(crate) async fn remove(&self, file: &File) -> Result<(), Broken> {
        expect(self.tus(Method::DELETE, &file.path()).send().await?, 204).await.map(drop)
    }

    /// Downloads the file and returns the SHA-256 of the received bytes.
    pub(crate) async fn downloaded_sha256(&self, file: &File) -> Result<[u8; 32], Broken> {
        let mut response = self.get(&file.path()).await?;
        let mut sum = Sha256::new();
        while let Some(frame) = response.chunk().await? {
            sum.update(&frame);
        }
        Ok(sum.finalize().into())
    }

    /// Downloads the first `length` bytes of the file as a range and returns whether they are those that were sent.
    pub(crate) async fn begins_as_sent(&self, file: &File, length: u64) -> Result<bool, Broken> {
        let Some(last) = length.checked_sub(1) else { return Ok(true) };
        let request = self.request(Method::GET, &file.path()).header("range", format!("bytes=0-{last}"));
        let bytes = expect(request.send().await?, 206).await?.bytes().await?;
        Ok(bytes.len() as u64 == length && file.pattern.has(0, &bytes))
    }

    /// The file's `Repr-Digest`. The server answers only when the digest is known.
    pub(crate) async fn digest(&self, file: &File) -> Result<String, Broken> {
        let request = self.request(Method::HEAD, &file.path()).header("want-repr-digest", "sha-256=1");
        let response = expect(request.send().await?, 200).await?;
        Ok(header(&response, "repr-digest").to_owned())
    }
}

/// The value of a header of an answer, or an empty string when the header is missing.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Returns the answer if it has this status, and [`Broken::Refused`] otherwise.
pub(crate) async fn expect(response: Response, status: u16) -> Result<Response, Broken> {
    if response.status() == status {
        return Ok(response);
    }
    let status = response.status().as_u16();
    Err(Broken::Refused { status, text: response.text().await? })
}
