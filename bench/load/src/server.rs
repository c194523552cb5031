//! A server that is measured: a process of its own with an empty folder, which ends with this value.

use std::{
    ffi::{OsStr, OsString},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::process::Process;

/// How long a server may take until it listens, and until it has stopped.
const PATIENCE: Duration = Duration::from_secs(20);
/// The flags that lift what SnapDrop grants to one address or one room.
const LIFTED: [&str; 14] = [
    "--max-connections",
    "--max-connections-per-address",
    "--max-rooms",
    "--max-rooms-per-address",
    "--max-creations-per-address",
    "--max-members-per-room",
    "--max-guesses-per-address",
    "--max-joins-per-address",
    "--max-sockets-per-room",
    "--max-sockets-per-member",
    "--max-snapshots-per-member",
    "--max-files-per-room",
    "--max-new-files-per-room",
    "--max-text-per-room",
];

/// A running server. Dropping it kills the process and removes its folder.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The process.
    pub(crate) process: Process,
    folder: TempDir,
}

impl Server {
    /// Starts SnapDrop without any limits.
    pub(crate) async fn snapdrop(program: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("snapdrop-load-").tempdir()?;
        let mut arguments: Vec<OsString> =
            vec!["--listen".into(), "127.0.0.1:0".into(), "--data-dir".into(), folder.path().join("data").into()];
        arguments.extend(LIFTED.iter().flat_map(|flag| [flag.into(), "0".into()]));
        Self::start(program.as_os_str(), &arguments, folder).await
    }

    /// Starts the server with socket.io. `packages` is the folder in which npm installed it.
    pub(crate) async fn socketio(script: &Path, packages: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("socketio-load-").tempdir()?;
        let arguments = ["--expose-gc".into(), script.into(), packages.into()];
        Self::start(OsStr::new("node"), &arguments, folder).await
    }

    /// Starts the bare server, which is this program.
    pub(crate) async fn bare() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bare-load-").tempdir()?;
        Self::start(std::env::current_exe()?.as_os_str(), &["bare".into()], folder).await
    }

    /// Starts a program that prints its address, and waits for that.
    async fn start(program: &OsStr, arguments: &[OsString], folder: TempDir) -> Result<Self> {
        let log = fs::File::create(folder.path().join("log"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("SNAPDROP_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let process = Process(child.id().context("the server has ended")?);
        let mut lines = BufReader::new(child.stdout.take().context("the output is piped")?).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.context("the server does not listen")??.unwrap_or_default();
        let address = first.rsplit("http://").next().unwrap_or_default().parse();
        let address = address.with_context(|| format!("the server does not listen: {}", log_of(folder.path())))?;
        Ok(Self { child, address, process, folder })
    }

    /// SnapDrop's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the server complained of: its lines on standard error.
    pub(crate) fn complaints(&self) -> Vec<String> {
        log_of(self.folder.path()).lines().map(str::to_owned).collect()
    }

    /// Stops the server, and returns what was measured and its complaints. They are part of the error when the measurement
    /// failed.
    pub(crate) async fn stop_after<T>(self, measured: Result<T>) -> Result<(T, Vec<String>)> {
        let measured = measured.with_context(|| format!("the server logged {:?}", self.complaints()))?;
        Ok((measured, self.stop().await?))
    }

    /// Stops the server as an administrator would, and returns its complaints.
    pub(crate) async fn stop(mut self) -> Result<Vec<String>> {
        let pid =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).context("the server had ended by itself")?;
        kill_process(pid, Signal::TERM)?;
        let status = timeout(PATIENCE, self.child.wait()).await.context("the server does not stop")??;
        // Node.js and the bare server may be ended by the signal, SnapDrop ends by itself.
        ensure!(status.success() || status.code().is_none(), "the server ended with {status}: {}", log_of(self.folder.path()));
        Ok(self.complaints())
    }
}

fn log_of(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}
