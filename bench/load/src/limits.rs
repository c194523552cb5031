//! The limit of open files.

use anyhow::{Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that this program and a server have open besides the sockets.
const RESERVED: u64 = 200;

/// Raises the limit of open files of this process, and of those that it starts, as far as the system lets it.
///
/// # Errors
/// When so many sockets cannot be open.
pub(crate) fn raise_open_files(sockets: usize) -> Result<()> {
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum })?;
    let (most, needed) = (before.maximum.unwrap_or(u64::MAX), u64::try_from(sockets)? + RESERVED);
    ensure!(needed <= most, "{needed} files have to be open, and the hard limit is {most} (ulimit -Hn); ask for fewer sockets");
    Ok(())
}
