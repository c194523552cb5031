//! A server with TLS: the main job over it, what becomes of those who come without it, and cookies.

use std::{sync::Arc, time::Duration};

use app::wire;
use futures::StreamExt as _;
use reqwest::{Method, Version};
use rustls::pki_types::ServerName;
use serde_json::json;
use server::config::Timeouts;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    door::trusting,
    live_socket::connect_at,
    raw::answer,
    seat::{Seat, header, noise},
    test_app::{LONG, TIMEOUTS, TestApp},
};

const SELF_SIGNED: [&str; 1] = ["--tls-self-signed"];

/// A connection over TLS that offers these protocols.
pub(crate) async fn connect(app: &TestApp, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut config = trusting(Some(app.authority()));
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(app.address()).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::from(app.address().ip()), stream).await.unwrap()
}

/// Does the main job: a room, a guest, a file up and down, and the room is closed.
async fn main_job(owner: &Seat, guest: &Seat) {
    let bytes = noise(3 << 20);
    let file = owner.upload("film.mp4", &bytes).await;
    assert_eq!(guest.download(file).await, bytes);
    let room = guest.room().await;
    assert_eq!((room.files.len(), room.members.len()), (1, 2));
}

#[tokio::test]
async fn the_main_job_is_done_over_both_versions_of_http() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let response = app.get("/").await;
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    let owner = app.create_room().await;
    main_job(&owner, &app.join(&owner, "Gina").await).await;

    let old = app.with_http_1(app.authority());
    assert_eq!(old.get("/").await.version(), Version::HTTP_11);
    let owner = old.create_room().await;
    main_job(&owner, &old.join(&owner, "Gina").await).await;
    app.finish().await;
}

#[tokio::test]
async fn curl_does_the_main_job_when_it_is_given_the_certificate() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let owner = app.create_room().await;
    let (folder, authority) = (tempfile::tempdir().unwrap(), app.folder().join("snapdrop-ca.pem"));
    let (sent, received) = (folder.path().join("sent"), folder.path().join("received"));
    std::fs::write(&sent, noise(2 << 20)).unwrap();
    let file = owner.add_file("notes.bin", 2 << 20).await;
    let address = format!("https://{}{}", app.address(), owner.file(file));
    let token = format!("authorization: Bearer {}", owner.entered.token);
    let curl = async |arguments: &[&std::ffi::OsStr]| {
        let mut command = tokio::process::Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--write-out", "%{http_version} %{http_code}", "--header", &token, &address]);
        command.arg("--cacert").arg(&authority).args(arguments);
        let output = timeout(LONG, command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let upload = ["--request", "PATCH", "--header", "tus-resumable: 1.0.0", "--header", "upload-offset: 0", "--header"];
    let upload: Vec<&std::ffi::OsStr> =
        upload.into_iter().chain(["content-type: application/offset+octet-stream", "--data-binary"]).map(AsRef::as_ref).collect();
    let bytes = format!("@{}", sent.display());
    assert_eq!(curl(&[&upload[..], &[bytes.as_ref()]].concat()).await, "2 204");
    assert_eq!(curl(&["--http1.1".as_ref(), "--output".as_ref(), received.as_os_str()]).await, "1.1 200");
    assert!(std::fs::read(&received).unwrap() == std::fs::read(&sent).unwrap(), "the download is damaged");
    app.finish().await;
}

#[tokio::test]
async fn a_live_socket_runs_over_tls() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let owner = app.create_room().await;
    let stream = connect(&app, &["http/1.1"]).await;
    let (mut socket, _) = connect_at(stream, &owner, &wire::live(&owner.entered.pin, None), &[]).await.unwrap();
    let mut next = async || timeout(LONG, socket.next()).await.unwrap().unwrap().unwrap().into_text().unwrap();
    assert!(next().await.contains("snapshot"));
    app.join(&owner, "Gina").await;
    while !next().await.contains("Gina") {}
    drop(socket);
    app.finish().await;
}

#[tokio::test]
async fn whoever_comes_without_tls_is_led_to_the_same_address_over_it() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let same_port = answer_to(&app, "GET /join/482913?a=b HTTP/1.1\r\nhost: drop.lan:8443\r\nconnection: close\r\n\r\n").await;
    assert!(same_port.starts_with("HTTP/1.1 308 "), "{same_port}");
    assert!(same_port.contains("\r\nlocation: https://drop.lan:8443/join/482913?a=b\r\n"), "{same_port}");
    assert!(!same_port.contains("strict-transport-security"), "{same_port}");
    let nameless = answer_to(&app, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(nameless.starts_with("HTTP/1.0 400 ") || nameless.starts_with("HTTP/1.1 400 "), "{nameless}");

    let door = app.plain_door();
    let response = door.request(Method::POST, wire::ROOMS).json(&json!({"name": "Olga"})).send().await.unwrap();
    assert_eq!(response.status(), 308);
    assert_eq!(header(&response, "location"), format!("https://{}/api/rooms", app.address()));
    assert_eq!(door.get("/healthz").await.status(), 200);
    assert_eq!(door.get("/readyz").await.status(), 200);
    let redirect = door.get("/").await;
    assert_eq!(header(&redirect, "cache-control"), "no-store", "a server may give TLS up");
    app.finish().await;

    // Behind ports that lead to others, the configuration knows the address.
    let app = TestApp::with_flags(&["--tls-self-signed", "--public-url", "https://127.0.0.1"]).await;
    assert_eq!(header(&app.plain_door().get("/r/482913").await, "location"), "https://127.0.0.1/r/482913");
    let elsewhere = app.plain_door().request(Method::GET, "/").header("host", "drop.lan:80").send().await.unwrap();
    assert_eq!(header(&elsewhere, "location"), format!("https://drop.lan:{}/", app.address().port()));
    app.finish().await;
}

/// The answer to this text on the port of TLS.
async fn answer_to(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(&mut stream).await
}

#[tokio::test]
async fn cookies_are_protected_and_a_seat_from_before_tls_is_kept_and_exchanged() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let response = app.request(Method::POST, wire::ROOMS).json(&json!({})).send().await.unwrap();
    let cookie = header(&response, "set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-snapdrop-") && cookie.contains("; Path=/;") && cookie.ends_with("; Secure"), "{cookie}");
    let owner = app.seat(response.json().await.unwrap());
    let (pin, token) = (owner.pin().to_owned(), owner.entered.token.clone());
    let page = async |cookie: String| app.request(Method::GET, &format!("/r/{pin}")).header("cookie", cookie).send().await.unwrap();

    let protected = page(format!("__Host-snapdrop-{pin}={token}; snapdrop-{pin}=made-up")).await;
    assert_eq!(protected.status(), 200);
    assert!(protected.text().await.unwrap().contains("Add files"));
    let from_before = page(format!("theme=dark; snapdrop-{pin}={token}")).await;
    assert_eq!(from_before.status(), 200);
    let set: Vec<_> = from_before.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    assert!(
        set.iter().any(|cookie| cookie.starts_with(&format!("__Host-snapdrop-{pin}={token}; ")) && cookie.ends_with("; Secure")),
        "{set:?}"
    );
    assert!(set.iter().any(|cookie| cookie.starts_with(&format!("snapdrop-{pin}=; ")) && cookie.contains("Max-Age=0")), "{set:?}");
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn browsers_are_told_to_use_tls_only_when_the_administrator_says_so() {
    for (flags, expected) in [(&["--tls-self-signed"][..], ""), (&["--tls-self-signed", "--hsts"], "max-age=31536000")] {
        let app = TestApp::with_flags(flags).await;
        assert_eq!(header(&app.get("/").await, "strict-transport-security"), expected);
        assert_eq!(header(&app.plain_door().get("/").await, "strict-transport-security"), "");
        app.finish().await;
    }
}

#[tokio::test]
async fn links_and_codes_lead_to_the_server_over_tls() {
    let app = TestApp::with_flags(&SELF_SIGNED).await;
    let owner = app.create_room().await;
    let page = owner
        .request(Method::GET, &format!("/r/{}", owner.pin()))
        .header("cookie", format!("snapdrop-{}={}", owner.pin(), owner.entered.token));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("https://{}", app.address())), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn handshakes_that_stop_half_way_are_ended_and_keep_nobody_out() {
    let app = TestApp::with(&SELF_SIGNED, Timeouts { head: Duration::from_millis(500), ..TIMEOUTS }).await;
    let mut waiting = Vec::new();
    for beginning in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"].into_iter().cycle().take(300) {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        waiting.push(stream);
    }
    assert_eq!(app.get("/healthz").await.status(), 200);
    for stream in &mut waiting {
        let mut rest = Vec::new();
        let ended = timeout(LONG, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a handshake was waited for");
    }
    app.finish().await;
}
