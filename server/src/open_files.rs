//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the server needs besides connections and the files that these transfer.
const RESERVED: u64 = 128;

/// Raises the limit of open files as far as the system lets this process.
pub fn raise_limit() {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it was");
    }
}

/// How many files this process may have open.
#[must_use]
pub fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections may be open when `open_files` files may. A connection that transfers a file needs two.
#[must_use]
pub fn connections_within(open_files: u64) -> usize {
    usize::try_from((open_files.saturating_sub(RESERVED) / 2).clamp(16, 65_536)).unwrap_or(usize::MAX)
}
