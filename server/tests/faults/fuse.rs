//! A kill whose moment is told by what has moved, not by a clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::program::Program;

/// Only a bound for what should never happen: a test that waits this long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// Kills the program with `SIGKILL` as soon as so many bytes have moved.
#[derive(Clone)]
pub(crate) struct Fuse(Arc<Lit>);

struct Lit {
    program: Pid,
    length_bytes: u64,
    burnt_bytes: AtomicU64,
}

impl Fuse {
    pub(crate) fn new(program: &Program, length_bytes: u64) -> Self {
        Self(Arc::new(Lit { program: program.pid(), length_bytes, burnt_bytes: AtomicU64::new(0) }))
    }

    /// These bytes have moved.
    pub(crate) fn burn(&self, moved_bytes: u64) {
        let before = self.0.burnt_bytes.fetch_add(moved_bytes, Ordering::SeqCst);
        if (before..before + moved_bytes).contains(&self.0.length_bytes) {
            // Whoever sent the last bytes may have outlived the program.
            kill(self.0.program, Signal::SIGKILL).ok();
        }
    }
}
