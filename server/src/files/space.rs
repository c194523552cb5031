//! Disk space for files: how many bytes all files together may have, and how many bytes of the disk stay free.
//!
//! A new file has to fit as a whole. Space is then claimed for its bytes that are here and for a *window* ahead of them,
//! which moves with the bytes as they arrive. Claiming all that is announced would let somebody who announces much and
//! sends nothing keep everybody else out. Windows are a comfort: an upload without one goes on for as long as there is
//! space. So they are simply not given to a claimant whose windows, or to a store whose windows, have a certain size.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use crate::locks::lock;

/// The largest and the smallest window, in bytes. In between it is a [share](WINDOWS_PER_STORE) of the store.
const LARGEST_WINDOW: u64 = 16 << 20;
const SMALLEST_WINDOW: u64 = 64 << 10;
/// A window is at most this part of the store.
const WINDOWS_PER_STORE: u64 = 64;
/// The windows of one claimant together are at most as large as this many windows.
const WINDOWS_PER_CLAIMANT: u64 = 4;
/// All windows together are at most as large as this many windows.
const WINDOWS_IN_ALL: u64 = 16;

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
    /// The most bytes of one window.
    window: u64,
    account: Mutex<Account>,
}

/// What is claimed, in bytes.
#[derive(Debug, Default)]
struct Account {
    /// The totals over all files.
    totals: Amounts,
    /// The windows of each claimant that has any.
    windows: HashMap<IpAddr, u64>,
}

/// An amount of claimed space, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amounts {
    /// Bytes that are claimed; never fewer than `present`.
    claimed: u64,
    /// Bytes of those that are here.
    present: u64,
}

impl Amounts {
    /// The bytes that are claimed ahead of those that are here.
    fn ahead(self) -> u64 {
        self.claimed.saturating_sub(self.present)
    }
}

/// The disk space that is set aside for one file. It is given back when the claim is released or dropped.
#[derive(Debug)]
pub(super) struct Claim {
    ledger: Arc<Ledger>,
    /// Whose windows this file's window counts among; without a claimant, the file gets none.
    claimant: Option<IpAddr>,
    /// This file's share of the totals; `None` once it was given back. Its lock is taken after that of the account.
    share: Mutex<Option<Amounts>>,
}

impl Space {
    /// A store in which nothing is claimed yet. `max_storage` and `min_free_space` are in bytes.
    pub(super) fn new(folder: PathBuf, max_storage: Option<u64>, min_free_space: u64) -> Self {
        let window = max_storage.map_or(LARGEST_WINDOW, |most| (most / WINDOWS_PER_STORE).clamp(SMALLEST_WINDOW, LARGEST_WINDOW));
        Self { ledger: Arc::new(Ledger { folder, max_storage, min_free_space, window, account: Mutex::default() }) }
    }

    /// Begins a claim for a new file that will have `bytes` bytes. On a disk that is too full already, a file of no
    /// bytes is refused, too.
    ///
    /// # Errors
    /// [`NoSpace`] when the file does not fit.
    pub(super) fn claim(&self, bytes: u64, claimant: Option<IpAddr>) -> Result<Claim, NoSpace> {
        let claim = Claim::of_nothing(&self.ledger, claimant);
        claim.announce(bytes)?;
        Ok(claim)
    }

    /// Checks that the disk has space for `bytes` bytes that are stored elsewhere on it.
    ///
    /// # Errors
    /// [`NoSpace::Disk`] when it has not.
    pub(super) fn check_disk(&self, bytes: u64) -> Result<(), NoSpace> {
        let free_bytes = self.ledger.free_bytes();
        let totals = lock(&self.ledger.account).totals;
        self.ledger.check_disk(totals, bytes, free_bytes)
    }

    /// The claim of a file that already has this many bytes on the disk. It is never refused, and gets no window.
    pub(super) fn present(&self, bytes: u64) -> Claim {
        let claim = Claim::of_nothing(&self.ledger, None);
        claim.fill(bytes);
        claim
    }
}

impl Claim {
    /// Checks that the file fits with `bytes` bytes in all, and gives it a window.
    ///
    /// # Errors
    /// [`NoSpace`] when it does not fit; the claim stays as it was.
    pub(super) fn announce(&self, bytes: u64) -> Result<(), NoSpace> {
        let free_bytes = self.ledger.free_bytes();
        self.change(|share, account| {
            self.ledger.check(account.totals, bytes.saturating_sub(share.claimed), free_bytes)?;
            self.open_window(share, account, bytes);
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Claims space for the first `bytes` bytes of the file, and a window ahead of them, but for no more than the
    /// `most_bytes` bytes that the file may have. Returns for how many bytes of the file there is a claim now.
    ///
    /// # Errors
    /// [`NoSpace`] when there is no space for `bytes` bytes; the claim stays as it was.
    pub(super) fn raise(&self, bytes: u64, most_bytes: u64) -> Result<u64, NoSpace> {
        let free_bytes = self.ledger.free_bytes();
        self.change(|share, account| {
            let more = bytes.saturating_sub(share.claimed);
            if more > 0 {
                self.ledger.check(account.totals, more, free_bytes)?;
                share.claimed += more;
            }
            let with_window = share.claimed;
            let mut wider = *share;
            self.open_window(&mut wider, account, most_bytes);
            // The window may be refused where the bytes themselves are not.
            if self.ledger.check(account.totals, more.saturating_add(wider.claimed - with_window), free_bytes).is_ok() {
                *share = wider;
            }
            Ok(share.claimed)
        })
        .unwrap_or(Ok(bytes))
    }

    /// Claims `bytes` bytes for something that is stored beside this file, with a claim of its own. It gets no window.
    ///
    /// # Errors
    /// [`NoSpace`] when there is no space for them.
    pub(super) fn beside(&self, bytes: u64) -> Result<Self, NoSpace> {
        let claim = Self::of_nothing(&self.ledger, None);
        claim.raise(bytes, bytes)?;
        Ok(claim)
    }

    /// The claim of something beside this file that already has this many bytes on the disk. It is never refused.
    pub(super) fn present_beside(&self, bytes: u64) -> Self {
        let claim = Self::of_nothing(&self.ledger, None);
        claim.fill(bytes);
        claim
    }

    fn of_nothing(ledger: &Arc<Ledger>, claimant: Option<IpAddr>) -> Self {
        Self { ledger: Arc::clone(ledger), claimant, share: Mutex::new(Some(Amounts::default())) }
    }

    /// Gives the window of the file back.
    pub(super) fn close_window(&self) {
        self.change(|share, _| share.claimed = share.present);
    }

    /// Notes that `bytes` bytes of the file are here, and raises the claim to as many if it is smaller.
    pub(super) fn fill(&self, bytes: u64) {
        self.change(|share, _| *share = Amounts { claimed: share.claimed.max(bytes), present: bytes });
    }

    /// Gives the whole claim back. Later changes of it have no effect.
    pub(super) fn release(&self) {
        self.change(|share, _| *share = Amounts::default());
        *lock(&self.share) = None;
    }

    /// Widens the window of a file to as much as its claimant and the store may have, but not beyond `most_bytes` bytes
    /// of the file.
    fn open_window(&self, share: &mut Amounts, account: &Account, most_bytes: u64) {
        let window = self.ledger.window;
        let Some(claimant) = self.claimant else { return };
        let others = account.windows.get(&claimant).map_or(0, |all| all.saturating_sub(share.ahead()));
        let of_claimant = (window * WINDOWS_PER_CLAIMANT).saturating_sub(others);
        let in_all = (window * WINDOWS_IN_ALL).saturating_sub(account.totals.ahead().saturating_sub(share.ahead()));
        let widest = window.min(of_claimant).min(in_all);
        share.claimed = share.claimed.max(share.present.saturating_add(widest).min(most_bytes));
    }

    /// Changes the share of this file and, with it, the account; `None` if the claim was given back before. Both locks
    /// are held meanwhile, so that two files that ask at the same time cannot both get the last of the space.
    fn change<T>(&self, change: impl FnOnce(&mut Amounts, &Account) -> T) -> Option<T> {
        let mut account = lock(&self.ledger.account);
        let mut share = lock(&self.share);
        let share = share.as_mut()?;
        let before = *share;
        let result = change(share, &account);
        // Saturating, because limits close to 2^64 would let the totals overflow.
        let Amounts { claimed, present } = account.totals;
        account.totals = Amounts {
            claimed: claimed.saturating_sub(before.claimed).saturating_add(share.claimed),
            present: present.saturating_sub(before.present).saturating_add(share.present),
        };
        if let Some(claimant) = self.claimant {
            let windows = account.windows.entry(claimant).or_default();
            *windows = windows.saturating_sub(before.ahead()).saturating_add(share.ahead());
            if *windows == 0 {
                account.windows.remove(&claimant);
            }
        }
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
    /// asked; a full disk then makes the write fail later. Call this before the account is locked, because the disk may
    /// answer slowly.
    fn free_bytes(&self) -> u64 {
        if self.min_free_space == 0 {
            return u64::MAX;
        }
        rustix::fs::statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Checks whether `more` bytes can be claimed in addition to `totals`.
    fn check(&self, totals: Amounts, more: u64, free_bytes: u64) -> Result<(), NoSpace> {
        if let Some(most) = self.max_storage
            && totals.claimed.saturating_add(more) > most
        {
            return Err(NoSpace::Storage(most));
        }
        self.check_disk(totals, more, free_bytes)
    }

    /// Checks whether as much of the disk as has to stay free after `more` bytes.
    fn check_disk(&self, totals: Amounts, more: u64, free_bytes: u64) -> Result<(), NoSpace> {
        let outstanding = totals.ahead().saturating_add(more);
        let keep = self.min_free_space;
        if keep > 0 && free_bytes.saturating_sub(outstanding) < keep { Err(NoSpace::Disk(keep)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;
    const ALICE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));
    const BOB: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)));

    fn totals(space: &Space) -> (u64, u64) {
        let Amounts { claimed, present } = lock(&space.ledger.account).totals;
        (claimed, present)
    }

    #[test]
    fn the_sums_are_those_of_the_files_that_are_here() {
        let space = Space::new(PathBuf::new(), Some(100), 0);
        let (first, second) = (space.claim(60, ALICE).unwrap(), space.present(10));
        first.fill(20);
        assert_eq!(totals(&space), (70, 30));
        assert_eq!(second.raise(41, 100), Err(NoSpace::Storage(100)));
        assert_eq!(totals(&space), (70, 30));
        assert_eq!(second.raise(40, 100), Ok(40));
        first.close_window();
        assert_eq!(totals(&space), (60, 30));
        second.release();
        // Bytes that a writer still reports for a removed file are not counted.
        second.fill(500);
        assert_eq!(totals(&space), (20, 20));
        drop(first);
        assert_eq!(totals(&space), (0, 0));
        assert!(lock(&space.ledger.account).windows.is_empty());
    }

    #[test]
    fn who_announces_much_and_sends_nothing_keeps_nobody_out() {
        let space = Space::new(PathBuf::new(), Some(1024 * GIB), 0);
        let idle: Vec<Claim> = (0..16).map(|_| space.claim(64 * GIB, ALICE).unwrap()).collect();
        assert_eq!(totals(&space), (4 * 16 * MIB, 0), "the windows of one claimant");
        let whole = space.claim(1000 * GIB, BOB).unwrap();
        assert_eq!(whole.raise(1000 * GIB, 1000 * GIB), Ok(1000 * GIB));
        drop(idle);
        assert_eq!(totals(&space), (1000 * GIB, 0));
    }

    #[test]
    fn many_claimants_together_get_only_so_many_windows() {
        let space = Space::new(PathBuf::new(), Some(GIB), 0);
        let idle: Vec<Claim> = (0..100).map(|last| space.claim(GIB / 2, Some(IpAddr::from([198, 51, 100, last]))).unwrap()).collect();
        assert_eq!(totals(&space), (16 * 16 * MIB, 0));
        // An upload without a window goes on byte by byte.
        assert_eq!(idle[99].raise(5, GIB), Ok(5));
        idle[0].close_window();
        assert_eq!(idle[99].raise(6, GIB), Ok(16 * MIB));
    }

    #[test]
    fn a_window_moves_with_the_bytes_and_stays_within_the_file_and_the_store() {
        let space = Space::new(PathBuf::new(), Some(100 * MIB), 0);
        let window = 100 * MIB / 64;
        let file = space.claim(90 * MIB, ALICE).unwrap();
        assert_eq!(file.raise(1, 90 * MIB), Ok(window));
        file.fill(50 * MIB);
        assert_eq!(file.raise(50 * MIB, 90 * MIB), Ok(50 * MIB + window));
        file.fill(90 * MIB - 1);
        assert_eq!(file.raise(90 * MIB - 1, 90 * MIB), Ok(90 * MIB));
        // Without space for its window, the last bytes of the store can be taken all the same.
        let last = space.claim(10 * MIB, BOB).unwrap();
        last.fill(9 * MIB);
        let other = space.present(MIB - 5);
        assert_eq!(last.raise(9 * MIB + 1, 10 * MIB).map(|claimed| claimed > 9 * MIB), Ok(true));
        drop(other);
    }
}
