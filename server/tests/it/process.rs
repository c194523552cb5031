//! Runs the real program in its own process, for tests that kill it or look at how it starts and ends.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    ops::Deref,
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::door::Door;

/// A command that runs the program on this data folder, without the settings in this process's environment.
pub(crate) fn command(folder: &Path) -> Command {
    command_on(folder, "127.0.0.1:0")
}

/// The same, to listen on this address.
pub(crate) fn command_on(folder: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapdrop"));
    for flag in [
        "LISTEN",
        "DATA_DIR",
        "ROOM_TTL",
        "MAX_FILE_SIZE",
        "MAX_ROOM_SIZE",
        "PIN_DIGITS",
        "LOG",
        "MAX_STORAGE",
        "MIN_FREE_SPACE",
        "SYNC",
        "UPLOAD_TTL",
        "CORS_ORIGIN",
    ] {
        command.env_remove(format!("SNAPDROP_{flag}"));
    }
    command.args(["--listen", listen, "--data-dir"]).arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program. Dropping it kills the program.
pub(crate) struct Process {
    child: Option<Child>,
    door: Door,
    first_line: String,
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::run(command(folder))
    }

    /// Starts the program and waits until it says where it listens.
    pub(crate) fn run(command: Command) -> Self {
        Self::run_with_log(command, Stdio::null())
    }

    /// Does the same as [`run`](Self::run), and sends what the program logs to `log`.
    pub(crate) fn run_with_log(mut command: Command, log: Stdio) -> Self {
        let mut child = command.stderr(log).spawn().unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first_line).unwrap();
        let address: SocketAddr = first_line.trim().split('/').nth(2).unwrap().parse().expect("the first line names the address");
        Self { child: Some(child), door: Door::new(address), first_line }
    }

    pub(crate) fn first_line(&self) -> &str {
        &self.first_line
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.as_ref().unwrap().id().try_into().unwrap()), signal).unwrap();
    }

    /// Kills the program with `SIGKILL` and waits for its end.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.child.as_mut().unwrap().wait().unwrap();
    }

    /// Waits for the end of a program that is about to end, and returns its exit code.
    pub(crate) async fn exit_code(mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        tokio::task::spawn_blocking(move || child.wait().unwrap().code()).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            #[expect(clippy::let_underscore_must_use, reason = "a program that has ended already needs no kill")]
            let _ = child.kill();
            #[expect(clippy::let_underscore_must_use, reason = "a program that has ended already was waited for")]
            let _ = child.wait();
        }
    }
}

impl Deref for Process {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}
