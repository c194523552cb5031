//! The SHA-256 of one file: how far it is computed, and whether it is known.

use std::sync::{Mutex, atomic::AtomicBool};

use app::room::Sha256;
use tokio::sync::watch;

/// The digest of one file, and how far it is computed.
#[derive(Debug)]
pub(super) struct Digest {
    /// How many bytes were digested, from the beginning of the file, and the hash state after them.
    pub(super) hashed: Mutex<(u64, sha2::Sha256)>,
    state: watch::Sender<DigestState>,
    /// Whether the file was added to the thread's queue and its turn has not begun. It is not added again then.
    pub(super) waits: AtomicBool,
}

/// Whether a file's digest is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestState {
    /// The digest is not known yet.
    Pending,
    /// The digest is known.
    Known(Sha256),
    /// The digest will never be known: the file was removed, or the disk failed.
    Unavailable,
}

impl Default for Digest {
    fn default() -> Self {
        Self { hashed: Mutex::default(), state: watch::Sender::new(DigestState::Pending), waits: AtomicBool::new(false) }
    }
}

impl Digest {
    /// Waits for the digest of the whole file; `None` when it will never be known.
    pub(super) async fn known(&self) -> Option<Sha256> {
        let mut state = self.state.subscribe();
        let decided = state.wait_for(|state| *state != DigestState::Pending).await;
        match decided.as_deref() {
            Ok(DigestState::Known(sha256)) => Some(*sha256),
            _ => None,
        }
    }

    /// The present state.
    pub(super) fn state(&self) -> DigestState {
        *self.state.borrow()
    }

    /// Changes the state if it is pending. Every other state is final.
    pub(super) fn decide(&self, decision: DigestState) {
        self.state.send_if_modified(|state| {
            let is_pending = *state == DigestState::Pending;
            if is_pending {
                *state = decision;
            }
            is_pending
        });
    }
}
