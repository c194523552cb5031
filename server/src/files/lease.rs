//! The lease of a file: the right to write to it. It has one holder at a time. A new writer takes it over from the
//! present holder, so that it never waits for a dead connection.

use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use crate::locks::lock;

/// Hands out the lease of one file.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: Arc<tokio::sync::Mutex<()>>,
    /// The token of the newest lease, which is held already or still waited for. Cancelling it asks for that lease
    /// back.
    newest: Mutex<CancellationToken>,
}

/// The right to write to a file. Dropping it gives it back; the holder does so soon after it is [wanted
/// back](Self::wanted_back).
#[derive(Debug)]
pub(super) struct Lease {
    wanted_back: CancellationToken,
    _held: OwnedMutexGuard<()>,
}

impl Leases {
    /// Asks the present holder to give the lease back, and waits until it has. A holder takes no more bytes then, and
    /// gives the lease back as soon as it has written those that it took.
    pub(super) async fn take(&self) -> Lease {
        let mine = CancellationToken::new();
        let former = std::mem::replace(&mut *lock(&self.newest), mine.clone());
        former.cancel();
        Lease { wanted_back: mine, _held: Arc::clone(&self.held).lock_owned().await }
    }
}

impl Lease {
    /// A token that is cancelled when somebody else asks for the lease.
    pub(super) fn wanted_back(&self) -> &CancellationToken {
        &self.wanted_back
    }
}
