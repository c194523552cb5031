//! A server that programs on this machine reach through a socket file, which are proxies.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    path::PathBuf,
    process::Command,
};

use app::wire;
use reqwest::Method;
use serde_json::json;
use server::{
    Listener, ServeError, Server,
    config::{Config, ListenAddress},
};
use tempfile::TempDir;
use tokio::{net::UnixStream, task::JoinHandle};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::{
    door::Door,
    live_socket::connect_at,
    proxy_program::{Kind, NAME, Proxy},
    seat::{Seat, noise},
    startup::last_line,
};
use futures::StreamExt as _;

/// A server with a socket file in its folder.
struct Reached {
    path: PathBuf,
    stop: CancellationToken,
    running: JoinHandle<Result<(), ServeError>>,
    _folder: TempDir,
}

impl Reached {
    async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        let listen = ListenAddress::Unix(path.clone());
        let program = ["snapdrop", "--data-dir", folder.path().to_str().unwrap(), "--listen", &listen.to_string()];
        let server = Server::open(Config::from_args(program.iter().chain(flags)).unwrap()).await.unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run(Listener::bind(&listen).await.unwrap(), None, stop.clone()));
        Self { path, stop, running, _folder: folder }
    }

    fn door(&self) -> Door {
        Door::through_file(&self.path, NAME)
    }

    async fn finish(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        assert!(!self.path.exists(), "the socket file stays");
    }
}

async fn addresses(seat: &Seat) -> Vec<String> {
    seat.room().await.members.iter().map(|member| member.address.clone()).collect()
}

#[tokio::test]
async fn the_main_job_is_done_through_a_socket_file_and_clients_have_the_addresses_that_the_proxy_tells() {
    let reached = Reached::start(&[]).await;
    assert_eq!(fs::metadata(&reached.path).unwrap().permissions().mode() & 0o777, 0o666);
    let owner = reached.door().create_room().await;
    let request = owner.door.request(Method::POST, &wire::members(&owner.entered.pin)).json(&json!({"name": "Gina"}));
    let guest = owner.door.seat(request.header("x-forwarded-for", "203.0.113.9").send().await.unwrap().json().await.unwrap());
    assert_eq!(addresses(&owner).await, ["127.0.0.1", "203.0.113.9"]);

    let stream = UnixStream::connect(&reached.path).await.unwrap();
    let (mut live, _) = connect_at(stream, &guest, &wire::live(&guest.entered.pin, None), &[]).await.unwrap();
    let bytes = noise(3 << 20);
    let file = owner.upload("film.bin", &bytes).await;
    while !matches!(live.next().await.unwrap().unwrap(), Message::Text(text) if text.contains("film.bin")) {}
    assert!(guest.download(file).await == bytes, "the download is damaged");
    assert_eq!(owner.close().await, 204);
    drop(live);
    reached.finish().await;
}

#[tokio::test]
async fn real_proxies_reach_the_server_through_its_socket_file() {
    let reached = Reached::start(&[]).await;
    let path = reached.path.display();
    for (kind, server) in
        [(Kind::Nginx, format!("unix:{path}")), (Kind::Caddy, format!("unix/{path}")), (Kind::HaProxy, format!("unix@{path}"))]
    {
        let proxy = Proxy::start(kind, &server).await;
        let door = Door::through(proxy.address(), NAME, proxy.authority(), [127, 0, 0, 2].into());
        let owner = door.create_room().await;
        assert_eq!(addresses(&owner).await, ["127.0.0.2"], "{kind:?}");
        let bytes = noise(1 << 20);
        let file = owner.upload("film.bin", &bytes).await;
        assert!(owner.download(file).await == bytes, "{kind:?}");
        assert_eq!(owner.close().await, 204);
    }
    reached.finish().await;
}

#[tokio::test]
async fn many_clients_of_a_proxy_share_no_limit() {
    let reached = Reached::start(&["--max-connections-per-address", "2"]).await;
    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(UnixStream::connect(&reached.path).await.unwrap());
    }
    assert_eq!(reached.door().get("/healthz").await.status(), 200);
    drop(connections);
    reached.finish().await;
}

#[tokio::test]
async fn the_file_that_another_program_put_in_its_place_stays() {
    let reached = Reached::start(&[]).await;
    let path = reached.path.clone();
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    reached.stop.cancel();
    reached.running.await.unwrap().unwrap();
    assert!(path.exists(), "the other program's file is gone");
}

#[test]
fn an_abandoned_socket_file_is_replaced_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let run = |path: &PathBuf| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snapdrop"));
        let listen = format!("unix:{}", path.display());
        // The data folder is a file, so that the program ends when it has its address.
        let output = command.args(["--listen", &listen, "--data-dir", "/dev/null"]).output().unwrap();
        last_line(&output, 1)
    };
    let [abandoned, alive, other] = ["abandoned", "alive", "other"].map(|name| folder.path().join(name));
    drop(UnixListener::bind(&abandoned).unwrap());
    let _listener = UnixListener::bind(&alive).unwrap();
    fs::write(&other, "mine").unwrap();
    assert!(run(&abandoned).contains("/dev/null"), "{}", run(&abandoned));
    assert!(!abandoned.exists());
    for path in [&alive, &other] {
        assert_eq!(run(path), format!("snapdrop: cannot listen on unix:{}: Address already in use (os error 98)", path.display()));
    }
    assert_eq!(fs::read(&other).unwrap(), b"mine");
    assert!(run(&folder.path().join("missing/http.sock")).ends_with("No such file or directory (os error 2)"));
}
