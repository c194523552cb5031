//! Digests: the SHA-256 of every file. One background thread computes them. It also follows files while they arrive,
//! reading from the page cache, so that little is left to do once a file is complete.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use app::room::Sha256;
use sha2::Digest as _;
use tokio::sync::watch;

use super::{StoredFile, background::Background, digest::DigestState};
use crate::{
    locks::lock,
    speed::{Traffic, TrafficWatch},
};

/// Bytes of one read.
const READ_BYTES: usize = 256 << 10;
/// Bytes of one file that are digested before the next file has its turn.
const TURN_BYTES: u64 = 64 << 20;
/// How long files are gathered before they are digested. Otherwise each of many small files that are sent one after the
/// other would wake the thread.
const GATHERING: Duration = Duration::from_millis(20);

/// A handle to the thread that digests files.
#[derive(Clone, Debug)]
pub(super) struct Digests {
    background: Background,
    /// Marked as changed whenever the state of some file's digest changes.
    changes: watch::Sender<()>,
}

impl Digests {
    /// Starts the thread. It pauses while `traffic` says that transfers are busy.
    pub(super) fn start(traffic: &Traffic) -> io::Result<Self> {
        let mut traffic = traffic.watch();
        let changes = watch::Sender::default();
        let changed = changes.clone();
        let background = Background::start("digest", GATHERING, move |queue| take_turn(queue, &mut traffic, &changed))?;
        Ok(Self { background, changes })
    }

    /// Returns a receiver that is marked as changed whenever the state of some file's digest changes.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Queues a file, so that the bytes of it that are here are digested soon.
    pub(super) fn add(&self, file: &Arc<StoredFile>) {
        if !file.digest.waits.swap(true, Ordering::AcqRel) {
            self.background.add(file);
        }
    }

    /// Decides that the digest of a file will never be known. A digest that is already known stays.
    pub(super) fn give_up(&self, file: &StoredFile) {
        file.digest.decide(DigestState::Unavailable);
        self.changes.send_replace(());
    }
}

/// The outcome of one file's turn.
enum Turn {
    /// Everything that is here is digested; more bytes may arrive.
    CaughtUp,
    /// More bytes are here, and need another turn.
    Again,
    /// The whole file is digested.
    Finished(Sha256),
}

/// Gives the first file of the queue a turn. If it needs another one, it goes to the end of the queue.
fn take_turn(queue: &mut VecDeque<Arc<StoredFile>>, traffic: &mut TrafficWatch, changed: &watch::Sender<()>) {
    let Some(file) = queue.pop_front() else { return };
    match digest_some(&file, traffic) {
        Ok(Turn::CaughtUp) => {}
        Ok(Turn::Again) => queue.push_back(file),
        Ok(Turn::Finished(sha256)) => {
            file.digest.decide(DigestState::Known(sha256));
            changed.send_replace(());
        }
        Err(error) => {
            file.digest.decide(DigestState::Unavailable);
            changed.send_replace(());
            tracing::error!(%error, "a file could not be digested");
        }
    }
}

/// Digests the bytes of a file that are here and not digested yet, at most [`TURN_BYTES`].
fn digest_some(file: &StoredFile, traffic: &mut TrafficWatch) -> io::Result<Turn> {
    file.digest.waits.store(false, Ordering::Release);
    let Some(extent) = *file.extent.borrow() else { return Ok(Turn::CaughtUp) };
    let mut hashed = lock(&file.digest.hashed);
    let (position, hasher) = &mut *hashed;
    let end = extent.bytes.min(*position + TURN_BYTES);
    if *position < end {
        let source = match File::open(&file.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Turn::CaughtUp),
            source => source?,
        };
        let most = |left| usize::try_from(left).map_or(READ_BYTES, |left| left.min(READ_BYTES));
        let mut buffer = vec![0; most(end - *position)];
        while *position < end {
            traffic.make_way();
            let wanted = most(end - *position);
            source.read_exact_at(&mut buffer[..wanted], *position)?;
            hasher.update(&buffer[..wanted]);
            *position += wanted as u64;
        }
    }
    if end < extent.bytes {
        return Ok(Turn::Again);
    }
    if extent.is_finished { Ok(Turn::Finished(Sha256::new(hasher.clone().finalize().into()))) } else { Ok(Turn::CaughtUp) }
}
