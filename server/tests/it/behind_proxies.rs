//! The main job behind the proxies for which `deploy/` has configurations, each of them the real program.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock},
    time::Duration,
};

use app::wire;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use reqwest::{Body, Method, Version};
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::{
    net::{TcpSocket, TcpStream},
    runtime::Builder,
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    door::{Door, trusting},
    live_socket::connect_at,
    process::{Process, command},
    proxy_program::{Kind, NAME, Proxy},
    seat::{Seat, next_bytes, noise},
    test_app::eventually,
};

/// The address of the client, which is another one than that of the proxy.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// The length of the file that goes up and down in one piece.
const LARGE: u32 = 200 << 20;
/// How long a live socket is left alone. Many proxies end a connection on which nothing came for 60 seconds.
const IDLE: Duration = Duration::from_secs(90);

async fn behind(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.args(["--trusted-proxy", "127.0.0.1"]);
    let process = Process::run(command);
    let proxy = Proxy::start(kind, &process.address().to_string()).await;
    let door = Door::through(proxy.address(), NAME, proxy.authority(), CLIENT);
    let home = door.get("/").await;
    assert_eq!((home.status().as_u16(), home.version()), (200, Version::HTTP_2), "{}", proxy.log());
    assert!(home.text().await.unwrap().contains(&format!("https://{NAME}:{}", proxy.address().port())), "links lead to the proxy");

    let owner = door.create_room().await;
    a_client_has_its_own_address_whatever_it_says(&door, &owner).await;
    let idle = tokio::spawn(stays_open(owner.clone(), proxy.authority().to_vec()));
    bytes_go_on_as_they_come(&owner).await;
    an_upload_goes_on_after_a_cut(&owner).await;
    large_files_go_up_and_down(&owner).await;
    idle.await.unwrap();
    assert_eq!(owner.close().await, 204);
}

async fn a_client_has_its_own_address_whatever_it_says(door: &Door, owner: &Seat) {
    let request = door.request(Method::POST, &format!("/api/rooms/{}/members", owner.pin())).json(&json!({"name": "Gina"}));
    let made_up = [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9;host=evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "1"),
    ];
    let request = made_up.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
    let addresses: Vec<String> = owner.room().await.members.iter().map(|member| member.address.clone()).collect();
    assert_eq!(addresses, [CLIENT.to_string(), CLIENT.to_string()]);
}

/// Opens a live socket, says nothing for [`IDLE`], and then still hears what happens in the room.
async fn stays_open(owner: Seat, authority: Vec<u8>) {
    let mut config = trusting(Some(&authority));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((CLIENT, 0).into()).unwrap();
    let stream: TcpStream = socket.connect(owner.door.address()).await.unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await.unwrap();
    let (mut live, _) = connect_at(stream, &owner, &wire::live(&owner.entered.pin, None), &[]).await.unwrap();
    let until = Instant::now() + IDLE;
    // A browser answers pings by itself, and so does this client while it reads.
    while let Ok(message) = tokio::time::timeout_at(until, live.next()).await {
        let message = message.expect("the socket stays open").unwrap();
        assert!(!matches!(message, Message::Close(_)), "{message:?}");
    }
    owner.upload("after the pause.txt", b"here").await;
    while !matches!(timeout(IDLE, live.next()).await.unwrap().unwrap().unwrap(), Message::Text(text) if text.contains("after the pause.txt"))
    {
    }
}

/// The first half of an upload is there, and can be downloaded, while its sender waits before the second.
async fn bytes_go_on_as_they_come(owner: &Seat) {
    let bytes = noise(2 << 20);
    let file = owner.add_file("arriving.bin", bytes.len() as u64).await;
    let (send, parts) = mpsc::unbounded_channel::<Vec<u8>>();
    let body = Body::wrap_stream(stream::unfold(parts, async |mut parts| Some((Ok::<_, std::io::Error>(parts.recv().await?), parts))));
    let sending = tokio::spawn(owner.chunk(file, 0).header("content-length", bytes.len()).body(body).send());
    let (first, second) = bytes.split_at(bytes.len() / 2);
    send.send(first.to_vec()).unwrap();
    let mut download = owner.get(&owner.file(file)).await;
    let mut received = Vec::new();
    while received.len() < first.len() / 2 {
        received.extend_from_slice(&next_bytes(&mut download).await.unwrap().unwrap());
    }
    send.send(second.to_vec()).unwrap();
    drop(send);
    assert_eq!(sending.await.unwrap().unwrap().status(), 204);
    while let Some(more) = next_bytes(&mut download).await.unwrap() {
        received.extend_from_slice(&more);
    }
    assert!(received == bytes, "the download is damaged");
}

async fn an_upload_goes_on_after_a_cut(owner: &Seat) {
    let bytes = noise(4 << 20);
    let file = owner.add_file("cut.bin", bytes.len() as u64).await;
    let half = bytes[..bytes.len() / 2].to_vec();
    let first = half.len() as u64;
    let body = Body::wrap_stream(stream::once(async { Ok::<_, std::io::Error>(half) }).chain(stream::pending()));
    let sending = tokio::spawn(owner.chunk(file, 0).header("content-length", bytes.len()).body(body).send());
    // The list is looked at, because asking for the offset itself would end the request.
    eventually("the first half", async || match owner.entry(file).await.offset_bytes {
        0 => Err(0),
        offset => Ok(offset),
    })
    .await;
    sending.abort();
    let offset = owner.offset(file).await;
    assert!(offset <= first);
    let from = usize::try_from(offset).unwrap();
    let rest = eventually("the rest is taken", async || match owner.append(file, offset, bytes[from..].to_vec()).await.status().as_u16() {
        204 => Ok(()),
        status => Err((status, owner.offset(file).await)),
    });
    rest.await;
    assert!(owner.download(file).await == bytes, "the download is damaged");
}

async fn large_files_go_up_and_down(owner: &Seat) {
    static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| noise(LARGE));
    let file = owner.add_file("large.bin", BYTES.len() as u64).await;
    assert_eq!(owner.append(file, 0, Bytes::from_static(&BYTES)).await.status(), 204);
    assert!(owner.download(file).await == *BYTES, "the download is damaged");
}

/// All at the same time, because most of the time is that in which nothing happens. Each has a thread of its own, so that none waits
/// for the work of another.
#[test]
fn the_main_job_is_done_behind_every_proxy() {
    let proxies = [Kind::Nginx, Kind::Caddy, Kind::Apache, Kind::HaProxy];
    let running = proxies.map(|kind| {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        (kind, std::thread::spawn(move || runtime.block_on(behind(kind))))
    });
    let failed: Vec<Kind> = running.into_iter().filter_map(|(kind, running)| running.join().err().map(|_| kind)).collect();
    assert!(failed.is_empty(), "it is not done behind {failed:?}");
}
