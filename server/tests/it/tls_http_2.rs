//! HTTP/2: many requests and live sockets share a connection, and one client's pause does not hold up another request.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use h2::{
    Reason, RecvStream, SendStream,
    client::{self, SendRequest},
    ext::Protocol,
};
use reqwest::Method;
use serde_json::json;
use server::config::Timeouts;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    seat::{Seat, metadata, noise},
    test_app::{LONG, TIMEOUTS, TestApp},
    tls::connect,
};

/// A connection with HTTP/2, whose client takes at most `window_bytes` of a response before it asks for more.
struct Connection {
    requests: SendRequest<Bytes>,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    async fn open(app: &TestApp, window_bytes: u32) -> Self {
        let stream = connect(app, &["h2"]).await;
        let (requests, connection) = client::Builder::new()
            .initial_window_size(window_bytes)
            // What one response leaves unread must not hold up the others.
            .initial_connection_window_size(16 << 20)
            .handshake(stream)
            .await
            .unwrap();
        let driver = tokio::spawn(async move {
            #[expect(clippy::let_underscore_must_use, reason = "a test looks at the responses")]
            let _ = connection.await;
        });
        Self { requests, _driver: AbortOnDropHandle::new(driver) }
    }

    /// Sends a request of this seat, and returns the status, the body of the response and the end for sending.
    async fn send(&mut self, seat: &Seat, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, RecvStream, SendStream<Bytes>) {
        let mut request = http_request(seat, method.clone(), path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        if method == Method::CONNECT {
            request.extensions_mut().insert(Protocol::from_static("websocket"));
        }
        let mut requests = self.requests.clone().ready().await.unwrap();
        let (response, sender) = requests.send_request(request, method == Method::GET).unwrap();
        let response = timeout(LONG, response).await.expect("a response comes in time").unwrap();
        (response.status().as_u16(), response.into_body(), sender)
    }
}

fn http_request(seat: &Seat, method: Method, path: &str) -> axum::http::request::Builder {
    axum::http::Request::builder()
        .method(method)
        .uri(format!("https://{}{path}", seat.door.address()))
        .header("authorization", format!("Bearer {}", seat.entered.token))
}

/// The rest of a body; an error if the server resets the stream.
async fn rest(body: &mut RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut bytes = Vec::new();
    while let Some(part) = timeout(LONG, body.data()).await.expect("the body goes on in time") {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

#[tokio::test]
async fn an_upload_is_created_by_a_request_whose_end_comes_in_a_frame_of_its_own() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let owner = app.create_room().await;
    let mut connection = Connection::open(&app, 1 << 20).await;
    for (body, expected) in [("", 201), ("bytes that are no chunk", 415)] {
        let request = http_request(&owner, Method::POST, &owner.files()).header("tus-resumable", "1.0.0").header("upload-length", 5);
        let request = request.header("upload-metadata", metadata("a.txt")).body(()).unwrap();
        let (response, mut sender) = connection.requests.send_request(request, false).unwrap();
        // The server has the head before the end.
        let (status, mut other, _) = connection.send(&owner, Method::GET, &app::wire::paths::room(&owner.entered.pin), &[]).await;
        assert_eq!(status, 200);
        rest(&mut other).await.unwrap();
        sender.send_data(body.into(), true).unwrap();
        let response = timeout(LONG, response).await.expect("a response comes in time").unwrap();
        assert_eq!(response.status().as_u16(), expected, "{body:?}");
    }
    // A body that is announced is not waited for.
    let request = http_request(&owner, Method::POST, &owner.files()).header("tus-resumable", "1.0.0").header("upload-length", 5);
    let request = request.header("upload-metadata", metadata("a.txt")).header("content-length", 5).body(()).unwrap();
    let (response, _sender) = connection.requests.send_request(request, false).unwrap();
    assert_eq!(timeout(LONG, response).await.expect("a response comes at once").unwrap().status(), 415);
    app.finish().await;
}

#[tokio::test]
async fn a_creation_whose_end_does_not_come_is_refused_for_the_moment() {
    let app = TestApp::with(&["--tls-self-signed"], Timeouts { whole_body: Duration::from_millis(200), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let mut connection = Connection::open(&app, 1 << 20).await;
    let request = http_request(&owner, Method::POST, &owner.files()).header("tus-resumable", "1.0.0").header("upload-length", 5);
    let request = request.header("upload-metadata", metadata("a.txt")).body(()).unwrap();
    let (response, _sender) = connection.requests.send_request(request, false).unwrap();
    assert_eq!(timeout(LONG, response).await.expect("a response comes in time").unwrap().status(), 503);
    assert!(owner.room().await.files.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_live_socket_is_one_of_the_streams() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let owner = app.create_room().await;
    let mut connection = Connection::open(&app, 1 << 20).await;
    let path = app::wire::live(&owner.entered.pin, None);
    let websocket = [("sec-websocket-version", "13")];
    let (status, mut messages, mut sender) = connection.send(&owner, Method::CONNECT, &path, &websocket).await;
    assert_eq!(status, 200);
    let mut received = String::new();
    let mut until = async |text: &str| {
        while !received.contains(text) {
            let part = timeout(LONG, messages.data()).await.expect("a message comes in time").unwrap().unwrap();
            messages.flow_control().release_capacity(part.len()).unwrap();
            received.push_str(&String::from_utf8_lossy(&part));
        }
    };
    until("snapshot").await;
    let (status, mut body, _) = connection.send(&owner, Method::GET, &app::wire::room(&owner.entered.pin), &[]).await;
    assert_eq!(status, 200);
    rest(&mut body).await.unwrap();
    app.join(&owner, "Gina").await;
    until("Gina").await;

    // A text frame with the mask 0: the owner takes another name.
    let rename = json!({"type": "rename", "name": "Olympia"}).to_string();
    let mut frame = vec![0x81, 0x80 | u8::try_from(rename.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(rename.as_bytes());
    sender.send_data(frame.into(), false).unwrap();
    until("Olympia").await;
    drop((sender, connection));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_live_socket_is_refused() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let owner = app.create_room().await;
    let mut connection = Connection::open(&app, 1 << 20).await;
    let live = app::wire::live(&owner.entered.pin, None);
    for (method, path, headers, status) in [
        (Method::CONNECT, live.as_str(), &[][..], 400),
        (Method::CONNECT, &live, &[("sec-websocket-version", "8")], 400),
        (Method::CONNECT, &live, &[("sec-websocket-version", "13"), ("origin", "https://evil.example")], 403),
        (Method::CONNECT, "/healthz", &[("sec-websocket-version", "13")], 405),
        (Method::GET, &live, &[("sec-websocket-version", "13")], 400),
    ] {
        let (actual, ..) = connection.send(&owner, method.clone(), path, headers).await;
        assert_eq!(actual, status, "{method} {path} {headers:?}");
    }
    drop(connection);
    app.finish().await;
}

#[tokio::test]
async fn a_response_that_the_client_does_not_take_is_reset_and_the_others_go_on() {
    let app = TestApp::with(&["--tls-self-signed"], Timeouts { stalled_client: Duration::from_millis(300), ..TIMEOUTS }).await;
    let owner = app.create_room().await;
    let bytes = noise(4 << 20);
    let file = owner.upload("film.mp4", &bytes).await;
    let mut connection = Connection::open(&app, 64 << 10).await;
    let path = owner.file(file);
    let (status, mut stalled, _) = connection.send(&owner, Method::GET, &path, &[]).await;
    assert_eq!(status, 200);
    // Nothing of the first response is taken, until the server gives it up.
    let reset = timeout(LONG, poll_fn(|context| stalled_reset(&mut stalled, context))).await.expect("the stream is reset");
    assert_eq!(reset, Some(Reason::CANCEL));
    let (status, mut again, _) = connection.send(&owner, Method::GET, &path, &[]).await;
    assert_eq!(status, 200);
    assert!(rest(&mut again).await.unwrap() == bytes, "the download is damaged");
    drop(connection);
    app.finish().await;
}

#[tokio::test]
async fn a_live_socket_whose_client_takes_nothing_ends_with_its_stream() {
    let periods = Timeouts { heartbeat: Duration::from_millis(200), stalled_client: Duration::from_millis(300), ..TIMEOUTS };
    let app = TestApp::with(&["--tls-self-signed"], periods).await;
    let owner = app.create_room().await;
    let mut connection = Connection::open(&app, 0).await;
    let path = app::wire::live(&owner.entered.pin, None);
    let (status, mut messages, _sender) = connection.send(&owner, Method::CONNECT, &path, &[("sec-websocket-version", "13")]).await;
    assert_eq!(status, 200);
    let reset = timeout(LONG, messages.data()).await.expect("the stream ends in time").unwrap().unwrap_err();
    assert_eq!(reset.reason(), Some(Reason::CANCEL));
    drop(connection);
    app.finish().await;
}

#[tokio::test]
async fn a_connection_has_a_few_answers_at_a_time_and_the_next_follows_when_one_ends() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let owner = app.create_room().await;
    let file = owner.upload("film.mp4", &noise(1 << 20)).await;
    let mut connection = Connection::open(&app, 64 << 10).await;
    let mut downloads = Vec::new();
    for _ in 0..8 {
        downloads.push(connection.send(&owner, Method::GET, &owner.file(file), &[]).await);
    }
    let request = http_request(&owner, Method::GET, "/healthz").body(()).unwrap();
    let (next, _) = connection.requests.clone().ready().await.unwrap().send_request(request, true).unwrap();
    let mut next = std::pin::pin!(next);
    // Of a request that waits there is nothing to be awaited.
    assert!(timeout(Duration::from_millis(200), next.as_mut()).await.is_err());
    rest(&mut downloads.pop().unwrap().1).await.unwrap();
    assert_eq!(timeout(LONG, next).await.expect("it is answered in time").unwrap().status(), 200);
    drop((downloads, connection));
    app.finish().await;
}

#[tokio::test]
async fn requests_that_nobody_reads_yet_take_little_of_what_many_connections_have() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let owner = app.create_room().await;
    // So many that those which follow get less.
    let mut others = Vec::new();
    for _ in 0..16 {
        others.push(connect(&app, &["h2"]).await);
    }
    let file = owner.upload("film.mp4", &noise(1 << 20)).await;
    let mut connection = Connection::open(&app, 64 << 10).await;
    let mut downloads = Vec::new();
    for _ in 0..8 {
        downloads.push(connection.send(&owner, Method::GET, &owner.file(file), &[]).await);
    }
    // Its answer waits for one of the eight, and meanwhile the server takes no more than the window.
    let request = http_request(&owner, Method::POST, app::wire::ROOMS).body(()).unwrap();
    let (_response, mut sender) = connection.requests.clone().ready().await.unwrap().send_request(request, false).unwrap();
    sender.reserve_capacity(4 << 20);
    let granted = timeout(LONG, poll_fn(|context| sender.poll_capacity(context))).await.expect("some is granted").unwrap().unwrap();
    assert!(granted <= 256 << 10, "{granted} bytes may be sent");
    drop((downloads, others, connection));
    app.finish().await;
}

/// The reason for which the server resets the stream of a body of which nothing is taken.
fn stalled_reset(body: &mut RecvStream, context: &mut std::task::Context<'_>) -> std::task::Poll<Option<Reason>> {
    loop {
        match std::task::ready!(body.poll_data(context)) {
            // The capacity of what came is not given back, so nothing more comes.
            Some(Ok(_)) => {}
            Some(Err(error)) => return std::task::Poll::Ready(error.reason()),
            None => return std::task::Poll::Ready(None),
        }
    }
}
