//! The right to write a file: one holder at a time, and a newcomer never waits for a dead one.

use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

/// Hands out leases of one file.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: Arc<tokio::sync::Mutex<()>>,
    /// Asks whoever holds or awaits the lease to let go.
    newest: Mutex<CancellationToken>,
}

/// The right to write, until dropped or asked back.
#[derive(Debug)]
pub(super) struct Lease {
    wanted_back: CancellationToken,
    _held: OwnedMutexGuard<()>,
}

impl Leases {
    /// Asks the present holder to let go and waits until it has; a holder does so at once.
    pub(super) async fn take(&self) -> Lease {
        let mine = CancellationToken::new();
        let former = std::mem::replace(&mut *self.newest.lock().expect("no holder panics"), mine.clone());
        former.cancel();
        Lease { wanted_back: mine, _held: Arc::clone(&self.held).lock_owned().await }
    }
}

impl Lease {
    /// Resolves when somebody else wants to write.
    pub(super) fn wanted_back(&self) -> &CancellationToken {
        &self.wanted_back
    }
}
