//! What is done behind the transfers: summing files with SHA-256, and bringing them to the disk.
//!
//! One thread for each, which gets what the transfers leave. Both follow a file
//! while it arrives, through the page cache, so that little is left to do once it is complete.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use app::room::Sha256;
use sha2::Digest as _;
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};
use tokio::sync::watch;

use super::{
    StoredFile,
    traffic::{Traffic, Watch},
};

/// Bytes that arrive before the followers are told: enough to be worth it.
pub(super) const FOLLOW_BYTES: u64 = 32 << 20;
/// Bytes of one read.
const READ_BYTES: usize = 256 << 10;
/// Bytes of one file before the next has its turn.
const TURN_BYTES: u64 = 64 << 20;
/// How long files are gathered before they are summed: small ones that are sent one after the other would
/// wake the thread for each.
const GATHERING_TO_SUM: Duration = Duration::from_millis(20);
/// How long files are gathered before they are synced: each for itself, a thousand small ones keep the disk
/// busy that the next ones are made on.
const GATHERING_TO_SYNC: Duration = Duration::from_millis(100);
/// Up to so many files are synced one by one.
const FEW_FILES: usize = 4;

/// The way to the two threads; they end when the last of it is dropped.
#[derive(Clone, Debug)]
pub(super) struct Background {
    digests: mpsc::Sender<Arc<StoredFile>>,
    syncs: mpsc::Sender<Arc<StoredFile>>,
    /// Marked as changed whenever a digest was decided on.
    summed: watch::Sender<()>,
}

/// Where the sum of one file is.
#[derive(Debug)]
pub(super) struct Digest {
    /// The sum of the first bytes, and of how many.
    sum: Mutex<(u64, sha2::Sha256)>,
    state: watch::Sender<DigestState>,
    /// Whether a thread was told and has not looked yet.
    digest_waits: AtomicBool,
    sync_waits: AtomicBool,
}

/// Whether a file's digest is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestState {
    /// Not yet.
    Open,
    /// This is it.
    Known(Sha256),
    /// It never will be: the file was removed, or the disk failed.
    Never,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            sum: Mutex::default(),
            state: watch::Sender::new(DigestState::Open),
            digest_waits: AtomicBool::new(false),
            sync_waits: AtomicBool::new(false),
        }
    }
}

impl Background {
    pub(super) fn start(folder: &Path, traffic: &Traffic) -> io::Result<Self> {
        let folder = File::open(folder)?;
        let mut watch = traffic.watch();
        let summed = watch::Sender::default();
        let news = summed.clone();
        Ok(Self {
            digests: thread("digest", GATHERING_TO_SUM, move |queue| digest(queue, &mut watch, &news))?,
            syncs: thread("sync", GATHERING_TO_SYNC, move |queue| sync(&folder, queue))?,
            summed,
        })
    }

    /// Changes whenever some file's digest was decided on.
    pub(super) fn summed(&self) -> watch::Receiver<()> {
        self.summed.subscribe()
    }

    /// There is nothing to sum any more.
    pub(super) fn give_up(&self, file: &StoredFile) {
        file.digest.decide(DigestState::Never);
        self.summed.send_replace(());
    }

    /// Much more of the file is here.
    pub(super) fn follow(&self, file: &Arc<StoredFile>) {
        self.digest(file);
        self.sync(file);
    }

    /// Sums what is here of the file.
    pub(super) fn digest(&self, file: &Arc<StoredFile>) {
        if !file.digest.digest_waits.swap(true, Ordering::AcqRel) {
            // The thread is gone only when the store is.
            drop(self.digests.send(Arc::clone(file)));
        }
    }

    /// Brings what is here of the file to the disk.
    pub(super) fn sync(&self, file: &Arc<StoredFile>) {
        if !file.digest.sync_waits.swap(true, Ordering::AcqRel) {
            drop(self.syncs.send(Arc::clone(file)));
        }
    }
}

impl Digest {
    /// The digest of the whole file, as soon as it is known; `None` when it never will be.
    pub(super) async fn known(&self) -> Option<Sha256> {
        let mut state = self.state.subscribe();
        let decided = state.wait_for(|state| *state != DigestState::Open).await;
        match decided.as_deref() {
            Ok(DigestState::Known(sha256)) => Some(*sha256),
            _ => None,
        }
    }

    /// Whether it is known now.
    pub(super) fn state(&self) -> DigestState {
        *self.state.borrow()
    }

    /// Once decided, it stays so.
    fn decide(&self, decision: DigestState) {
        self.state.send_if_modified(|state| {
            let open = *state == DigestState::Open;
            if open {
                *state = decision;
            }
            open
        });
    }
}

/// Starts a thread that is given a queue with at least one file, again and again, `gathering` after the
/// first of them came.
fn thread(
    name: &'static str,
    gathering: Duration,
    mut work: impl FnMut(&mut VecDeque<Arc<StoredFile>>) + Send + 'static,
) -> io::Result<mpsc::Sender<Arc<StoredFile>>> {
    let (files, waiting) = mpsc::channel::<Arc<StoredFile>>();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Whoever transfers something gets the core at once. With the lowest of the usual priorities a third of
        // the small files that are sent one after the other had to wait for it.
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
            tracing::debug!(%error, thread = name, "keeps the usual priority");
        }
        let mut queue = VecDeque::new();
        loop {
            queue.extend(waiting.try_iter());
            if queue.is_empty() {
                let Ok(file) = waiting.recv() else { return };
                queue.push_back(file);
                // Not woken by what comes meanwhile.
                std::thread::sleep(gathering);
                queue.extend(waiting.try_iter());
            }
            work(&mut queue);
        }
    })?;
    Ok(files)
}

/// One turn of the first file; it comes again after the others if it has more to do.
fn digest(queue: &mut VecDeque<Arc<StoredFile>>, watch: &mut Watch, summed: &watch::Sender<()>) {
    let Some(file) = queue.pop_front() else { return };
    match digest_turn(&file, watch) {
        Ok(Turn::Over) => {}
        Ok(Turn::Again) => queue.push_back(file),
        Ok(Turn::Summed(sha256)) => {
            file.digest.decide(DigestState::Known(sha256));
            summed.send_replace(());
        }
        Err(error) => {
            file.digest.decide(DigestState::Never);
            summed.send_replace(());
            tracing::error!(%error, "a file could not be summed");
        }
    }
}

/// Everything that waits: a few files one by one, many of them with the whole file system at once.
fn sync(folder: &File, queue: &mut VecDeque<Arc<StoredFile>>) {
    for file in &*queue {
        file.digest.sync_waits.store(false, Ordering::Release);
    }
    let synced = if queue.len() > FEW_FILES {
        rustix::fs::syncfs(folder).map_err(io::Error::from)
    } else {
        queue.iter().try_for_each(|file| sync_file(file))
    };
    if let Err(error) = synced {
        tracing::error!(%error, "files could not be brought to the disk");
    }
    queue.clear();
}

fn sync_file(file: &StoredFile) -> io::Result<()> {
    match File::open(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        source => source?.sync_data(),
    }
}

/// What came of a turn.
enum Turn {
    /// Nothing more to do now.
    Over,
    /// There is more to do.
    Again,
    /// The whole file is summed.
    Summed(Sha256),
}

/// Sums what is here of a file and was not summed yet, up to a limit.
fn digest_turn(file: &StoredFile, watch: &mut Watch) -> io::Result<Turn> {
    file.digest.digest_waits.store(false, Ordering::Release);
    let Some(extent) = *file.extent.borrow() else { return Ok(Turn::Over) };
    let mut sum = file.digest.sum.lock().expect("no holder panics");
    let (position, hasher) = &mut *sum;
    let end = extent.bytes.min(*position + TURN_BYTES);
    if *position < end {
        let source = match File::open(&file.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Turn::Over),
            source => source?,
        };
        let most = |left| usize::try_from(left).map_or(READ_BYTES, |left| left.min(READ_BYTES));
        let mut buffer = vec![0; most(end - *position)];
        while *position < end {
            watch.make_way();
            let wanted = most(end - *position);
            source.read_exact_at(&mut buffer[..wanted], *position)?;
            hasher.update(&buffer[..wanted]);
            *position += wanted as u64;
        }
    }
    if end < extent.bytes {
        return Ok(Turn::Again);
    }
    if extent.whole { Ok(Turn::Summed(Sha256::new(hasher.clone().finalize().into()))) } else { Ok(Turn::Over) }
}
