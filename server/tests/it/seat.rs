//! The requests of a member: reading the room, uploading, downloading, and listening to events.

use app::{
    room::{FileEntry, FileId, Room},
    wire::{self, Entered, RoomView},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::{Body, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::{door::Door, live_socket::LiveSocket, test_app::LONG};

/// A member's seat with the token that proves it, and the door of its server.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) entered: Entered,
    pub(crate) door: Door,
}

impl Seat {
    pub(crate) fn new(entered: Entered, door: Door) -> Self {
        Self { entered, door }
    }

    /// The same seat at a server that was started on the same folder after the first one.
    pub(crate) fn at(&self, door: &Door) -> Self {
        Self { entered: self.entered.clone(), door: door.clone() }
    }

    pub(crate) fn pin(&self) -> &str {
        self.entered.pin.as_str()
    }

    pub(crate) fn files(&self) -> String {
        wire::files(&self.entered.pin)
    }

    pub(crate) fn file(&self, id: FileId) -> String {
        wire::file(&self.entered.pin, id)
    }

    /// A request with this seat's token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.door.request(method, path).bearer_auth(&self.entered.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn view(&self) -> RoomView {
        let response = self.get(&wire::room(&self.entered.pin)).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    pub(crate) async fn room(&self) -> Room {
        self.view().await.snapshot.room
    }

    pub(crate) async fn entry(&self, id: FileId) -> FileEntry {
        self.room().await.file(id).unwrap().clone()
    }

    /// The room as JSON, as a client reads it that does not have our types.
    pub(crate) async fn room_json(&self) -> Value {
        let response = self.get(&wire::room(&self.entered.pin)).await;
        assert_eq!(response.status(), 200);
        let mut view: Value = response.json().await.unwrap();
        view["room"].take()
    }

    /// The row of a file in the room's JSON, or `Null` when there is none.
    pub(crate) async fn row(&self, id: FileId) -> Value {
        let room = self.room_json().await;
        let rows = room["files"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == id.to_string()).cloned().unwrap_or_default()
    }

    pub(crate) async fn close(&self) -> u16 {
        self.request(Method::DELETE, &wire::room(&self.entered.pin)).send().await.unwrap().status().as_u16()
    }

    /// A request that creates an upload. The caller adds the length and the metadata.
    pub(crate) fn creation(&self) -> RequestBuilder {
        self.request(Method::POST, &self.files()).header("tus-resumable", "1.0.0")
    }

    /// A request that creates an upload and brings its first bytes.
    pub(crate) fn creation_with(&self, bytes: impl Into<Body>) -> RequestBuilder {
        self.creation().header("content-type", "application/offset+octet-stream").body(bytes)
    }

    /// Announces a file whose length is declared later.
    pub(crate) async fn add_deferred(&self, name: &str) -> FileId {
        let request = self.creation().header("upload-defer-length", 1).header("upload-metadata", metadata(name));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        id_in_location(&response)
    }

    /// Announces a part (tus concatenation).
    pub(crate) async fn add_part(&self, size_bytes: u64) -> FileId {
        let response = self.creation().header("upload-concat", "partial").header("upload-length", size_bytes).send().await.unwrap();
        assert_eq!(response.status(), 201);
        id_in_location(&response)
    }

    /// Uploads a whole part (tus concatenation).
    pub(crate) async fn upload_part(&self, bytes: &[u8]) -> FileId {
        let id = self.add_part(bytes.len() as u64).await;
        assert_eq!(self.append(id, 0, bytes.to_vec()).await.status(), 204);
        id
    }

    /// The value of `Upload-Concat` that joins these parts.
    pub(crate) fn final_of(&self, parts: &[FileId]) -> String {
        let paths: Vec<_> = parts.iter().map(|id| self.file(*id)).collect();
        format!("final;{}", paths.join(" "))
    }

    /// Asks to join parts with this value of `Upload-Concat`, and returns the answer.
    pub(crate) async fn ask_to_concatenate(&self, concat: &str) -> Response {
        self.creation().header("upload-concat", concat).header("upload-metadata", metadata("joined.txt")).send().await.unwrap()
    }

    /// Joins these parts, and returns the file that they become.
    pub(crate) async fn concatenate(&self, parts: &[FileId]) -> FileId {
        let response = self.ask_to_concatenate(&self.final_of(parts)).await;
        assert_eq!(response.status(), 201);
        id_in_location(&response)
    }

    /// Announces a file.
    pub(crate) async fn add_file(&self, name: &str, size_bytes: u64) -> FileId {
        let request = self.creation().header("upload-length", size_bytes).header("upload-metadata", metadata(name));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        id_in_location(&response)
    }

    /// A request with a chunk at this offset. The caller adds the bytes.
    pub(crate) fn chunk(&self, id: FileId, offset: u64) -> RequestBuilder {
        self.request(Method::PATCH, &self.file(id))
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
    }

    pub(crate) async fn append(&self, id: FileId, offset: u64, bytes: impl Into<Body>) -> Response {
        self.chunk(id, offset).body(bytes).send().await.unwrap()
    }

    /// Uploads a whole file.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> FileId {
        let id = self.add_file(name, bytes.len() as u64).await;
        assert_eq!(self.append(id, 0, bytes.to_vec()).await.status(), 204);
        id
    }

    /// Asks for the offset of an upload, as a tus client does that wants to continue, and returns the answer.
    pub(crate) async fn ask_offset(&self, id: FileId) -> Response {
        self.request(Method::HEAD, &self.file(id)).header("tus-resumable", "1.0.0").send().await.unwrap()
    }

    pub(crate) async fn offset(&self, id: FileId) -> u64 {
        let response = self.ask_offset(id).await;
        assert_eq!(response.status(), 200);
        header(&response, "upload-offset").parse().unwrap()
    }

    pub(crate) async fn remove(&self, id: FileId) -> u16 {
        let request = self.request(Method::DELETE, &self.file(id)).header("tus-resumable", "1.0.0");
        request.send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn download(&self, id: FileId) -> Vec<u8> {
        let response = self.get(&self.file(id)).await;
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap().to_vec()
    }

    pub(crate) async fn archive(&self) -> Response {
        self.get(&wire::archive(&self.entered.pin)).await
    }

    /// An open live socket from which nothing has been read yet.
    pub(crate) async fn live(&self, since: Option<u64>) -> LiveSocket {
        LiveSocket::open(self, since, &[]).await
    }

    /// An open live socket whose snapshot has been read.
    pub(crate) async fn listen(&self) -> LiveSocket {
        let mut socket = self.live(None).await;
        socket.snapshot().await;
        socket
    }
}

/// The value of `Upload-Metadata` for a file of this name.
pub(crate) fn metadata(name: &str) -> String {
    format!("filename {}", STANDARD.encode(name))
}

/// The value of a header of an answer, or an empty string when the header is missing.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The id of the file in an answer's `Location`.
pub(crate) fn id_in_location(response: &Response) -> FileId {
    header(response, "location").rsplit('/').next().unwrap().parse().unwrap()
}

/// The next bytes of a running download, `None` at its end.
pub(crate) async fn next_bytes(download: &mut Response) -> reqwest::Result<Option<Bytes>> {
    timeout(LONG, download.chunk()).await.expect("the download goes on in time")
}

/// Pseudo-random bytes, so that bytes at a wrong place are noticed.
pub(crate) fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
