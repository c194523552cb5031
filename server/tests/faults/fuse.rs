//! Kills the program after a number of transferred bytes, not after a time.

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

/// The time limit of a wait. It is reached only when something is wrong: a test that waits this long fails.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// Kills the program with `SIGKILL` as soon as `length_bytes` bytes were transferred.
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

    /// Counts transferred bytes, and kills the program when the count reaches the fuse's length.
    pub(crate) fn burn(&self, moved_bytes: u64) {
        let before = self.0.burnt_bytes.fetch_add(moved_bytes, Ordering::SeqCst);
        if (before..before + moved_bytes).contains(&self.0.length_bytes) {
            // The program may have ended already, and the signal then fails.
            kill(self.0.program, Signal::SIGKILL).ok();
        }
    }
}
