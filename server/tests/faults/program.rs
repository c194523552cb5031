//! Runs the real program in its own process, and reads the memory, descriptors and threads of that process.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::unistd::Pid;

/// A running program. Dropping it kills the program.
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// Starts the program on this data folder and waits until it says where it listens.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with_flags(folder, &[])
    }

    /// Does the same as [`start`](Self::start), with these flags.
    pub(crate) fn with_flags(folder: &Path, flags: &[&str]) -> Self {
        let program = std::env::var_os("SNAPDROP_BIN").unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_snapdrop")));
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SNAPDROP_") {
                command.env_remove(name);
            }
        }
        // With the log off, the program prints only its address, or why it could not start.
        command.env("SNAPDROP_LOG", "off").args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(folder).args(flags);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first_line).unwrap();
        let address = first_line.trim().rsplit('/').next().unwrap().parse().expect("the first line ends with the address");
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Kills the program, unless it has ended already, and waits for its end.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Bytes of memory that the process has now.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.pid())
    }

    /// The most bytes of memory that the process ever had.
    pub(crate) fn peak_resident_bytes(&self) -> u64 {
        memory(self.pid(), "VmHWM:")
    }

    /// How many file descriptors are open: files, sockets and the like.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    pub(crate) fn threads(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap().count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        #[expect(clippy::let_underscore_must_use, reason = "a program that has ended already needs no kill")]
        let _ = self.child.kill();
        #[expect(clippy::let_underscore_must_use, reason = "a program that has ended already was waited for")]
        let _ = self.child.wait();
    }
}

/// Bytes of memory that a process has now.
pub(crate) fn resident_bytes(pid: Pid) -> u64 {
    memory(pid, "VmRSS:")
}

/// A field of `/proc/PID/status`, such as `VmRSS:     5124 kB`.
fn memory(pid: Pid, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
