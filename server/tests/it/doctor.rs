//! The checks of the way to the server, as the page at `/doctor` makes them.

use futures::{SinkExt as _, StreamExt as _, stream};
use reqwest::{Body, Method, Response};
use serde_json::Value;
use tokio::{net::TcpStream, sync::mpsc, time::timeout};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

use crate::{
    door::{Door, refused},
    seat::{header, next_bytes},
    test_app::{LONG, TestApp},
};

/// What the server says that it sees of a request with these header fields.
async fn seen(door: &Door, headers: &[(&'static str, &str)]) -> Value {
    let request = headers.iter().fold(door.request(Method::GET, "/doctor/seen"), |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (200, "no-store"));
    response.json().await.unwrap()
}

async fn begin(door: &Door) -> String {
    seen(door, &[]).await["id"].as_str().unwrap().to_owned()
}

async fn post(door: &Door, path: &str) -> Response {
    door.request(Method::POST, path).send().await.unwrap()
}

#[tokio::test]
async fn a_visitor_learns_what_the_server_sees_and_whether_a_proxy_is_believed() {
    const SAYS: [(&str, &str); 3] =
        [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-host", "drop.example"), ("x-forwarded-proto", "https")];
    let stranger = TestApp::start().await;
    let here = format!("http://{}", stranger.address());
    let trusted = TestApp::with_flags(&["--trusted-proxy", "127.0.0.1", "--public-url", "https://drop.example"]).await;
    for (app, headers, forwarding, address, origin) in [
        (&stranger, &[][..], "none", "127.0.0.1", here.clone()),
        (&stranger, &SAYS[..], "ignored", "127.0.0.1", here),
        (&trusted, &[], "silent", "127.0.0.1", format!("http://{}", trusted.address())),
        // The host and the scheme alone do not say whose request it is.
        (&trusted, &SAYS[1..], "silent", "127.0.0.1", "https://drop.example".to_owned()),
        (&trusted, &[("forwarded", "for=unknown")], "silent", "127.0.0.1", format!("http://{}", trusted.address())),
        (&trusted, &SAYS, "believed", "203.0.113.9", "https://drop.example".to_owned()),
    ] {
        let seen = seen(app, headers).await;
        let text = |key: &str| seen[key].as_str().unwrap().to_owned();
        assert_eq!((text("forwarding"), text("address"), text("origin")), (forwarding.to_owned(), address.to_owned(), origin));
    }
    assert_eq!(seen(&trusted, &SAYS).await["public_origin"], "https://drop.example");
    assert_eq!(seen(&stranger, &[("via", "2.0 Caddy")]).await["proxy"], "caddy");
    stranger.finish().await;
    trusted.finish().await;
}

#[tokio::test]
async fn the_server_says_that_an_upload_begins_to_arrive_before_it_is_whole() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    let (send, parts) = mpsc::unbounded_channel::<Vec<u8>>();
    let body = Body::wrap_stream(stream::unfold(parts, async |mut parts| Some((Ok::<_, std::io::Error>(parts.recv().await?), parts))));
    let sending = tokio::spawn(app.request(Method::POST, &format!("/doctor/{id}/held")).body(body).send());
    let asking = tokio::spawn(app.request(Method::GET, &format!("/doctor/{id}/arrived")).send());
    send.send(b"the beginning".to_vec()).unwrap();
    let answer: bool = timeout(LONG, asking).await.unwrap().unwrap().unwrap().json().await.unwrap();
    assert!(answer && !sending.is_finished());
    sending.abort();
    app.finish().await;
}

#[tokio::test]
async fn a_response_stops_after_its_first_half_until_the_page_has_it() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    let mut response = app.get(&format!("/doctor/{id}/halves")).await;
    assert!(header(&response, "cache-control").contains("no-transform"));
    assert_eq!(next_bytes(&mut response).await.unwrap().unwrap(), "the first half\n");
    assert_eq!(post(&app, &format!("/doctor/{id}/on")).await.status(), 204);
    assert_eq!(next_bytes(&mut response).await.unwrap().unwrap(), "the second half\n");
    assert_eq!(next_bytes(&mut response).await.unwrap(), None);
    app.finish().await;
}

#[tokio::test]
async fn the_socket_is_silent_until_the_page_says_something() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    let stream = TcpStream::connect(app.address()).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://{}/doctor/{id}/socket", app.address()), stream).await.unwrap();
    socket.send(Message::Ping(b"?"[..].into())).await.unwrap();
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Pong(_)), "nothing but the answer to a ping");
    socket.send(Message::text("still here")).await.unwrap();
    let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no end") };
    assert_eq!(frame.code, CloseCode::Normal);
    app.finish().await;
}

#[tokio::test]
async fn a_measured_upload_is_bounded() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    for (bytes, status) in [(2 << 20, 204), ((4 << 20) + 1, 413)] {
        let response = app.request(Method::POST, &format!("/doctor/{id}/measured")).body(vec![0; bytes]).send().await;
        assert_eq!(response.unwrap().status(), status);
    }
    app.finish().await;
}

#[tokio::test]
async fn an_examination_has_few_checks_and_an_unknown_one_none() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    assert_eq!(post(&app, &format!("/doctor/{id}/on")).await.status(), 204);
    refused(post(&app, &format!("/doctor/{id}/on")).await, 429, "too_many_requests").await;
    for path in ["/doctor/x/on", "/doctor/%ff/on", &format!("/doctor/{}/on", "0".repeat(32))] {
        refused(post(&app, path).await, 404, "not_found").await;
    }
    for _ in 1..40 {
        begin(&app).await;
    }
    refused(app.get("/doctor/seen").await, 429, "too_many_requests").await;
    app.finish().await;
}

#[tokio::test]
async fn whom_a_proxy_header_names_is_no_proxy() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.2", "--proxy-protocol"]).await;
    assert_eq!(seen(&app, &[("x-forwarded-for", "203.0.113.9")]).await["forwarding"], "none");
    app.finish().await;
}

#[tokio::test]
async fn pages_of_other_sites_begin_no_examination() {
    let app = TestApp::start().await;
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
        let request = app.request(Method::GET, "/doctor/seen").header("sec-fetch-site", site);
        assert_eq!(request.send().await.unwrap().status(), status, "{site}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_check() {
    let app = TestApp::start().await;
    let id = begin(&app).await;
    let endless = || Body::wrap_stream(stream::once(async { Ok::<_, std::io::Error>("the beginning") }).chain(stream::pending()));
    let request = |method, check: &str| app.request(method, &format!("/doctor/{id}/{check}"));
    let mut response = request(Method::GET, "halves").send().await.unwrap();
    assert_eq!(next_bytes(&mut response).await.unwrap().unwrap(), "the first half\n");
    let measured = tokio::spawn(request(Method::POST, "measured").body(endless()).send());
    let other = begin(&app).await;
    let arrived = tokio::spawn(app.request(Method::GET, &format!("/doctor/{other}/arrived")).send());
    let held = tokio::spawn(request(Method::POST, "held").body(endless()).send());
    // It is answered when the upload above has begun to arrive.
    assert!(request(Method::GET, "arrived").send().await.unwrap().json::<bool>().await.unwrap());
    let stream = TcpStream::connect(app.address()).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://{}/doctor/{id}/socket", app.address()), stream).await.unwrap();
    app.begin_stop();
    // Each of them would take twenty seconds, and the socket a hundred.
    timeout(LONG / 2, async {
        assert_eq!(next_bytes(&mut response).await.unwrap().unwrap(), "too late\n");
        assert_eq!(held.await.unwrap().unwrap().status(), 204);
        assert_eq!(measured.await.unwrap().unwrap().status(), 408);
        assert!(!arrived.await.unwrap().unwrap().json::<bool>().await.unwrap());
        let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no end") };
        assert_eq!(frame.code, CloseCode::from(app::wire::CLOSE_RESTART));
    })
    .await
    .expect("they end with the server");
    drop(socket);
    app.finish().await;
}

#[tokio::test]
async fn the_checks_run_where_a_proxy_hides_the_host_but_not_under_a_name_that_is_not_served() {
    let app = TestApp::with_flags(&["--allowed-host", "127.0.0.1"]).await;
    let page = app.get("/doctor").await;
    assert!(header(&page, "content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    let id = begin(&app).await;
    let request = app.request(Method::POST, &format!("/doctor/{id}/on")).header("origin", "http://drop.example");
    assert_eq!(request.send().await.unwrap().status(), 204);
    let evil = app.request(Method::GET, "/doctor/seen").header("host", "evil.example").send().await.unwrap();
    refused(evil, 421, "unknown_host").await;
    app.finish().await;
}
