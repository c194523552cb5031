//! A server for one test. It runs in this process, on a free port, with a temporary data folder.

use std::{
    net::{IpAddr, Ipv4Addr},
    ops::Deref,
    path::Path,
    time::Duration,
};

use server::{
    ServeError, Server,
    config::{Config, Timeouts},
    journal::Journal,
    tls::Tls,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::door::Door;

/// The time limit of a wait. It is reached only when something is wrong: a test that waits this long fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// The periods of a test that does not depend on them: a minute, except for `drain`, so that stopping a server is quick.
pub(crate) const TIMEOUTS: Timeouts = Timeouts {
    heartbeat: Duration::from_secs(60),
    grace: Duration::from_secs(60),
    drain: Duration::from_secs(2),
    idle_upload: Duration::from_secs(60),
    idle_claim: Duration::from_secs(60),
    idle_download: Duration::from_secs(60),
    head: Duration::from_secs(60),
    stalled_client: Duration::from_secs(60),
    whole_body: Duration::from_secs(60),
};

/// Looks again and again until `look` finds what it looks for, and returns that.
///
/// # Panics
/// With the last thing that was seen instead, when it takes longer than [`LONG`].
pub(crate) async fn eventually<T, S: std::fmt::Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, S>) -> T {
    let until = tokio::time::Instant::now() + LONG;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(tokio::time::Instant::now() < until, "{what} within {LONG:?}; seen instead: {seen:?}"),
        }
        tokio::task::yield_now().await;
    }
}

/// A running server and the door to it. A test has to end it with `finish` or `stop`.
pub(crate) struct TestApp {
    door: Door,
    plain_door: Option<Door>,
    authority: Option<Vec<u8>>,
    folder: Option<TempDir>,
    stop: CancellationToken,
    running: Option<JoinHandle<Result<(), ServeError>>>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[], TIMEOUTS).await
    }

    /// A server with these flags.
    pub(crate) async fn with_flags(flags: &[&str]) -> Self {
        Self::with(flags, TIMEOUTS).await
    }

    /// A server with these periods.
    pub(crate) async fn with_timeouts(timeouts: Timeouts) -> Self {
        Self::with(&[], timeouts).await
    }

    pub(crate) async fn with(flags: &[&str], timeouts: Timeouts) -> Self {
        Self::on(tempfile::tempdir().unwrap(), flags, timeouts).await
    }

    /// A server on a folder that another one may have used before.
    pub(crate) async fn on(folder: TempDir, flags: &[&str], timeouts: Timeouts) -> Self {
        Self::listening(IpAddr::V4(Ipv4Addr::LOCALHOST), folder, flags, timeouts).await
    }

    /// A server that listens on the addresses of all networks.
    pub(crate) async fn in_every_network() -> Self {
        Self::listening(IpAddr::V4(Ipv4Addr::UNSPECIFIED), tempfile::tempdir().unwrap(), &[], TIMEOUTS).await
    }

    async fn listening(on: IpAddr, folder: TempDir, flags: &[&str], timeouts: Timeouts) -> Self {
        let program = ["snapdrop", "--data-dir", folder.path().to_str().unwrap()];
        let mut config = Config::from_args(program.iter().chain(flags)).unwrap();
        config.timeouts = timeouts;
        let server = Server::open(config).await.unwrap();
        let listener = TcpListener::bind((on, 0)).await.unwrap();
        let address = (Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()).into();
        let authority = server.tls().and_then(Tls::authority).map(|authority| authority.certificate().to_vec());
        let door = authority.as_deref().map_or_else(|| Door::new(address), |authority| Door::secure(address, authority));
        let plain_listener = match server.tls() {
            Some(_) => Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()),
            None => None,
        };
        let plain_door = plain_listener.as_ref().map(|listener| Door::new(listener.local_addr().unwrap()));
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run(listener, plain_listener.map(Into::into), stop.clone()));
        Self { door, plain_door, authority, folder: Some(folder), stop, running: Some(running) }
    }

    /// The door to the port of a server with TLS for those who come without it.
    pub(crate) fn plain_door(&self) -> &Door {
        self.plain_door.as_ref().unwrap()
    }

    /// The certificate in DER of the server's own authority.
    pub(crate) fn authority(&self) -> &[u8] {
        self.authority.as_deref().unwrap()
    }

    /// The folder of the database and the files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Asks the server to stop, without waiting for it.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Stops the server, and returns its data folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.wait_for_end().await;
        self.folder.take().unwrap()
    }

    /// Closes every room, stops the server, and checks that nothing is left of the rooms.
    pub(crate) async fn finish(mut self) {
        for owner in self.door.owners() {
            let status = owner.close().await;
            assert!(matches!(status, 204 | 404 | 410), "closing a room gave {status}");
        }
        self.wait_for_end().await;
        let folder = self.folder.take().unwrap();
        assert_nothing_left(folder.path());
    }

    /// Tries a wrong PIN until no guess is left and none comes back for at least a second. A refusal alone does not say
    /// so: on a slow machine the next guess may come back in the moment after it.
    pub(crate) async fn spend_guesses(&self) {
        let wrong = self.unused_pin();
        loop {
            let response = self.ask_to_join(&wrong, &serde_json::json!({})).await;
            if response.status() == 429 {
                return;
            }
        }
    }

    async fn wait_for_end(&mut self) {
        self.stop.cancel();
        let running = self.running.take().unwrap();
        timeout(LONG, running).await.expect("the server stops in time").unwrap().unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        if self.running.is_some() && !std::thread::panicking() {
            panic!("a test ends with finish or stop");
        }
    }
}

impl Deref for TestApp {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

/// The names of the uploaded files and thumbnails in a data folder.
pub(crate) fn files_on_disk(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("files")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Checks that neither files nor rooms are left in the data folder of a stopped server.
pub(crate) fn assert_nothing_left(folder: &Path) {
    assert_eq!(files_on_disk(folder), Vec::<String>::new(), "bytes are left of closed rooms");
    let (_journal, rooms) = Journal::open(&folder.join("snapdrop.redb"), server::durability::SyncMode::Background).unwrap();
    assert!(rooms.is_empty(), "rows are left of closed rooms: {rooms:?}");
}
