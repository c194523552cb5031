//! One file of the store, as its writer, its readers and the background threads share it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicBool},
};

use tokio::sync::watch;

use super::{digest::Digest, lease::Leases, space::Claim};
use crate::locks::lock;

/// A file that is on disk, or was until it was removed.
#[derive(Debug)]
pub(super) struct StoredFile {
    pub(super) path: PathBuf,
    /// How much of the file is here; `None` once it is removed. Readers of a running upload wait for it to change.
    pub(super) extent: watch::Sender<Option<Extent>>,
    /// Hands out the right to write to the file.
    pub(super) leases: Leases,
    /// The disk space that is set aside for the file.
    pub(super) claim: Claim,
    /// A number of bytes, and the CRC-32 of that many first bytes of the file. It keeps up with `extent`, but begins
    /// with no bytes after a restart.
    crc: Mutex<(u64, crc32fast::Hasher)>,
    /// The SHA-256 of the file, which is computed in the background.
    pub(super) digest: Digest,
    /// Whether the file is in the queue of the sync thread.
    pub(super) sync_waits: AtomicBool,
    /// The disk space of the thumbnail beside the file, if there is one. Locked while it is written or erased.
    pub(super) thumbnail: Mutex<Option<Claim>>,
}

/// How much of a file is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// Bytes that were written and, if their chunk had a checksum, verified.
    pub(super) bytes: u64,
    /// Whether these are all bytes of the file.
    pub(super) is_finished: bool,
}

impl StoredFile {
    /// A file that was on the disk before, beside a thumbnail of so many bytes if there is one.
    pub(super) fn found(path: PathBuf, bytes: u64, claim: Claim, thumbnail_bytes: Option<u64>) -> Self {
        let thumbnail = thumbnail_bytes.map(|bytes| claim.present_beside(bytes));
        Self { thumbnail: Mutex::new(thumbnail), ..Self::new(path, bytes, claim) }
    }

    /// A new file.
    pub(super) fn new(path: PathBuf, bytes: u64, claim: Claim) -> Self {
        Self {
            path,
            extent: watch::Sender::new(Some(Extent { bytes, is_finished: false })),
            leases: Leases::default(),
            claim,
            crc: Mutex::new((0, crc32fast::Hasher::new())),
            digest: Digest::default(),
            sync_waits: AtomicBool::new(false),
            thumbnail: Mutex::default(),
        }
    }

    /// Returns how many bytes are here.
    ///
    /// # Errors
    /// `NotFound` once the file is removed.
    pub(super) fn length(&self) -> io::Result<u64> {
        self.extent.borrow().map(|extent| extent.bytes).ok_or_else(removed)
    }

    /// Lets readers see that `bytes` bytes are here. `crc` is the CRC-32 of these bytes.
    pub(super) fn publish(&self, bytes: u64, crc: crc32fast::Hasher) {
        *lock(&self.crc) = (bytes, crc);
        self.claim.fill(bytes);
        // A file that was removed stays removed.
        self.extent.send_if_modified(|extent| extent.as_mut().map(|extent| extent.bytes = bytes).is_some());
    }

    /// Tells readers that nothing follows.
    ///
    /// # Errors
    /// `NotFound` once the file is removed.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.length()?;
        self.extent.send_if_modified(|extent| extent.as_mut().is_some_and(|extent| !std::mem::replace(&mut extent.is_finished, true)));
        Ok(())
    }

    /// Ends all readers with an error: the file is about to be erased.
    pub(super) fn mark_removed(&self) {
        self.extent.send_replace(None);
    }

    /// Erases the thumbnail and then the file, in this order, so that no thumbnail is left without its file. Blocks the
    /// thread.
    pub(super) fn erase(&self) -> io::Result<()> {
        self.erase_thumbnail()?;
        std::fs::remove_file(&self.path)
    }

    /// Returns the CRC-32 of the first `length` bytes if it is known.
    pub(super) fn known_crc(&self, length: u64) -> Option<crc32fast::Hasher> {
        let (known, hasher) = lock(&self.crc).clone();
        (known == length).then_some(hasher)
    }

    /// Returns the CRC-32 of the first `length` bytes. It is known while they arrive; after a restart it is computed
    /// from the disk. Blocks the thread.
    pub(super) fn crc_of_first(&self, length: u64) -> io::Result<crc32fast::Hasher> {
        if let Some(hasher) = self.known_crc(length) {
            return Ok(hasher);
        }
        let hasher = crc_of_file(&self.path, length)?;
        *lock(&self.crc) = (length, hasher.clone());
        Ok(hasher)
    }
}

fn crc_of_file(path: &Path, length: u64) -> io::Result<crc32fast::Hasher> {
    let mut hasher = crc32fast::Hasher::new();
    let mut file = File::open(path)?.take(length);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// The error of every operation on a removed file.
pub(super) fn removed() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the file was removed")
}
