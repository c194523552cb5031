//! Disk space for files: how many bytes all files together may have, and how many bytes of the disk stay free.
//!
//! Space is claimed for a file before its bytes arrive, so that an upload that has begun does not fail because the
//! space ran out. Two totals over all files are kept up to date: the bytes that are claimed, and those of them that are
//! here already.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use crate::locks::lock;

/// Why there is no space for more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSpace {
    /// All files together would have more than this many bytes, which is the most they may have.
    #[error("all files together may have {0} bytes")]
    Storage(u64),
    /// Fewer than this many bytes of the disk would stay free.
    #[error("{0} bytes of the disk stay free")]
    Disk(u64),
}

/// The disk space of one store.
#[derive(Debug)]
pub(super) struct Space {
    ledger: Arc<Ledger>,
}

#[derive(Debug)]
struct Ledger {
    /// The folder of the files; its disk is the one that counts.
    folder: PathBuf,
    max_storage: Option<u64>,
    min_free_space: u64,
    totals: Mutex<Totals>,
}

/// Totals over all files, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    /// Bytes that are claimed; never fewer than `present`.
    claimed: u64,
    /// Bytes of those that are here.
    present: u64,
}

/// The disk space that is set aside for one file. It is given back when the claim is released or dropped.
#[derive(Debug)]
pub(super) struct Claim {
    ledger: Arc<Ledger>,
    /// This file's share of the totals; `None` once it was given back. Its lock is taken after that of the ledger's totals.
    share: Mutex<Option<Totals>>,
}

impl Space {
    /// A store in which nothing is claimed yet. `max_storage` and `min_free_space` are in bytes.
    pub(super) fn new(folder: PathBuf, max_storage: Option<u64>, min_free_space: u64) -> Self {
        Self { ledger: Arc::new(Ledger { folder, max_storage, min_free_space, totals: Mutex::default() }) }
    }

    /// Claims `bytes` bytes for a new file. On a disk that is too full already, a claim of no bytes is refused, too.
    ///
    /// # Errors
    /// [`NoSpace`] when a limit would be exceeded.
    pub(super) fn claim(&self, bytes: u64) -> Result<Claim, NoSpace> {
        let claim = self.present(0);
        let free_bytes = self.ledger.free_bytes();
        claim
            .change(|share, totals| {
                self.ledger.check(*totals, bytes, free_bytes)?;
                share.claimed = bytes;
                Ok(())
            })
            .unwrap_or(Ok(()))?;
        Ok(claim)
    }

    /// The claim of a file that already has this many bytes on the disk. It is never refused.
    pub(super) fn present(&self, bytes: u64) -> Claim {
        let claim = Claim { ledger: Arc::clone(&self.ledger), share: Mutex::new(Some(Totals::default())) };
        claim.fill(bytes);
        claim
    }
}

impl Claim {
    /// Claims space for the first `bytes` bytes of the file. Does nothing if that much is claimed already.
    ///
    /// # Errors
    /// [`NoSpace`] when a limit would be exceeded; the claim stays as it was.
    pub(super) fn raise(&self, bytes: u64) -> Result<(), NoSpace> {
        let free_bytes = self.ledger.free_bytes();
        self.change(|share, totals| {
            let more = bytes.saturating_sub(share.claimed);
            if more > 0 {
                self.ledger.check(*totals, more, free_bytes)?;
                share.claimed += more;
            }
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Does the same as [`raise`](Self::raise) without checking the limits.
    pub(super) fn raise_unchecked(&self, bytes: u64) {
        self.change(|share, _| share.claimed = share.claimed.max(bytes));
    }

    /// Reduces the claim to the bytes that are here.
    pub(super) fn lower(&self) {
        self.change(|share, _| share.claimed = share.present);
    }

    /// Notes that `bytes` bytes of the file are here, and raises the claim to as many if it is smaller.
    pub(super) fn fill(&self, bytes: u64) {
        self.change(|share, _| *share = Totals { claimed: share.claimed.max(bytes), present: bytes });
    }

    /// Gives the whole claim back. Later changes of it have no effect.
    pub(super) fn release(&self) {
        let mut totals = lock(&self.ledger.totals);
        if let Some(share) = lock(&self.share).take() {
            totals.claimed = totals.claimed.saturating_sub(share.claimed);
            totals.present = totals.present.saturating_sub(share.present);
        }
    }

    /// Changes the share of this file and, with it, the totals; `None` if the claim was given back before. Both locks are
    /// held meanwhile, so that two files that ask at the same time cannot both get the last of the space.
    fn change<T>(&self, change: impl FnOnce(&mut Totals, &Totals) -> T) -> Option<T> {
        let mut totals = lock(&self.ledger.totals);
        let mut share = lock(&self.share);
        let share = share.as_mut()?;
        let before = *share;
        let result = change(share, &totals);
        // Saturating, because limits close to 2^64 would let the totals overflow.
        totals.claimed = totals.claimed.saturating_sub(before.claimed).saturating_add(share.claimed);
        totals.present = totals.present.saturating_sub(before.present).saturating_add(share.present);
        Some(result)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.release();
    }
}

impl Ledger {
    /// The free bytes of the disk. Returns `u64::MAX` when no free space has to be kept, or when the disk cannot be
    /// asked; a full disk then makes the write fail later. Call this before the totals are locked, because the disk may
    /// answer slowly.
    fn free_bytes(&self) -> u64 {
        if self.min_free_space == 0 {
            return u64::MAX;
        }
        rustix::fs::statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Checks whether `more` bytes can be claimed in addition to `totals`.
    fn check(&self, totals: Totals, more: u64, free_bytes: u64) -> Result<(), NoSpace> {
        if let Some(most) = self.max_storage
            && totals.claimed.saturating_add(more) > most
        {
            return Err(NoSpace::Storage(most));
        }
        let outstanding = totals.claimed.saturating_sub(totals.present).saturating_add(more);
        let keep = self.min_free_space;
        if keep > 0 && free_bytes.saturating_sub(outstanding) < keep { Err(NoSpace::Disk(keep)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(space: &Space) -> (u64, u64) {
        let totals = *lock(&space.ledger.totals);
        (totals.claimed, totals.present)
    }

    #[test]
    fn the_sums_are_those_of_the_files_that_are_here() {
        let space = Space::new(PathBuf::new(), Some(100), 0);
        let (first, second) = (space.claim(60).unwrap(), space.present(10));
        first.fill(20);
        assert_eq!(totals(&space), (70, 30));
        assert_eq!(second.raise(41), Err(NoSpace::Storage(100)));
        assert_eq!(totals(&space), (70, 30));
        second.raise(40).unwrap();
        first.lower();
        assert_eq!(totals(&space), (60, 30));
        second.raise_unchecked(500);
        second.release();
        // Bytes that a writer still reports for a removed file are not counted.
        second.fill(500);
        assert_eq!(totals(&space), (20, 20));
        drop(first);
        assert_eq!(totals(&space), (0, 0));
    }
}
