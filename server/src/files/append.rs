//! Appending: a stream of frames becomes bytes on disk, through one blocking writer per request.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, IoSlice, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use app::room::FileId;
use bytes::{Buf as _, Bytes};
use futures::{Stream, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    Checksum, FileStore, NoSpace, StoredFile, Sync,
    background::{Background, FOLLOW_BYTES},
    checksum::Running,
    lease::Lease,
    unverified::Unverified,
};

/// Frames of one chunk that may wait for the disk: enough to gather large writes.
const WAITING_FRAMES: usize = 8;
/// Bytes of all chunks that may wait for the disk: with many of them, each waits for its turn.
pub(super) const WAITING_BYTES: usize = 8 << 20;
/// The most bytes of one write.
const GATHER_BYTES: usize = 1 << 20;

/// Asked before bytes are taken of a file whose length is not known, with the length that it gets.
pub type MayGrow = Box<dyn Fn(u64) -> bool + Send + std::marker::Sync>;

/// A part of a file on its way in.
pub struct Chunk {
    /// Where it begins: where the file ends.
    pub offset: u64,
    /// The most bytes that the file may have with it.
    pub limit_bytes: u64,
    /// Set when nobody knows how long the file becomes: room has to be made for it while it arrives.
    pub may_grow: Option<MayGrow>,
    /// What its bytes sum to. A chunk that has one counts only once it is verified.
    pub checksum: Option<Checksum>,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk").field("offset", &self.offset).field("limit_bytes", &self.limit_bytes).finish_non_exhaustive()
    }
}

/// Why a chunk did not arrive whole. What arrived stays, unless it had a checksum.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The chunk does not begin where the file ends.
    #[error("the file ends at {0}")]
    OffsetMismatch(u64),
    /// More bytes than the file may have; what is beyond its end was not written.
    #[error("the chunk goes beyond the end of the file")]
    TooLong,
    /// The bytes are not those that the checksum was made of.
    #[error("the checksum does not match")]
    ChecksumMismatch,
    /// Somebody else wants to write; the upload goes on there.
    #[error("another request took the upload over")]
    TakenOver,
    /// The sender went silent or away.
    #[error("the sender went away")]
    Interrupted,
    /// There is no room for it.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    /// Appends a chunk. `progress` is called after every write with the length that the file has if the
    /// chunk turns out to be right. Returns the new offset.
    ///
    /// # Errors
    /// [`AppendError`].
    pub async fn append<E: Send>(
        &self,
        id: FileId,
        chunk: Chunk,
        mut frames: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<u64, AppendError> {
        let file = self.stored(id)?;
        let lease = file.leases.take().await;
        let length = file.length()?;
        if length != chunk.offset {
            return Err(AppendError::OffsetMismatch(length));
        }

        let wanted_back = lease.wanted_back().clone();
        let (taken, waiting) = mpsc::channel(WAITING_FRAMES);
        let came_whole = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            file: Arc::clone(&file),
            progress,
            background: self.background.clone(),
            sync: self.settings.sync,
            came_whole: Arc::clone(&came_whole),
            _lease: lease,
        };
        let writing = tokio::task::spawn_blocking(move || writer.run(chunk.offset, chunk.checksum.as_ref(), waiting));
        let mut end_bytes = chunk.offset;
        let end = loop {
            let frame = tokio::select! {
                frame = tokio::time::timeout(self.settings.idle_upload, frames.next()) => frame,
                () = wanted_back.cancelled() => break Err(AppendError::TakenOver),
            };
            let Ok(Some(Ok(frame))) = frame else {
                break if matches!(frame, Ok(None)) { Ok(()) } else { Err(AppendError::Interrupted) };
            };
            end_bytes = end_bytes.saturating_add(frame.len() as u64);
            if end_bytes > chunk.limit_bytes {
                break Err(AppendError::TooLong);
            }
            if let Some(may_grow) = &chunk.may_grow {
                if !may_grow(end_bytes) {
                    break Err(AppendError::TooLong);
                }
                if let Err(error) = self.claim_for(&file, end_bytes) {
                    break Err(error.into());
                }
            }
            if frame.is_empty() {
                continue;
            }
            self.traffic.add(frame.len());
            let permits = u32::try_from(frame.len().min(WAITING_BYTES)).expect("the limit is a small number");
            let waits = Arc::clone(&self.waiting_bytes).acquire_many_owned(permits).await.expect("never closed");
            if taken.send(Frame { bytes: frame, _waits: waits }).await.is_err() {
                break Ok(()); // The writer failed and says why below.
            }
        };
        came_whole.store(end.is_ok(), Ordering::Release);
        drop(taken);
        let offset = writing.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        end.map(|()| offset)
    }
}

/// Bytes on their way to the disk, and their share of what may be on it.
struct Frame {
    bytes: Bytes,
    _waits: OwnedSemaphorePermit,
}

/// Writes what it is given. Holds the lease, so that nobody else writes before it has ended, even if
/// the request that started it is gone.
struct Writer<P> {
    file: Arc<StoredFile>,
    progress: P,
    background: Background,
    sync: Sync,
    /// Set before the last frame was taken, if it was the chunk's last.
    came_whole: Arc<AtomicBool>,
    _lease: Lease,
}

impl<P: Fn(u64)> Writer<P> {
    /// Returns how long the file is afterwards.
    fn run(self, offset: u64, checksum: Option<&Checksum>, waiting: mpsc::Receiver<Frame>) -> Result<u64, AppendError> {
        let mut file = OpenOptions::new().append(true).open(&self.file.path)?;
        let doubt = match checksum {
            Some(checksum) => Some((Unverified::begin(&self.file.path, offset)?, checksum.running())),
            None => None,
        };
        let (unverified, mut sum) = doubt.unzip();
        let written = self.write(&mut file, offset, &mut sum, waiting);
        let verdict = match (sum, unverified) {
            (Some(sum), Some(unverified)) => self.judge(written, sum, unverified, offset)?,
            _ => written?.0,
        };
        if self.sync == Sync::Always {
            file.sync_data()?;
        }
        Ok(verdict)
    }

    fn write(
        &self,
        file: &mut File,
        offset: u64,
        sum: &mut Option<Running>,
        mut waiting: mpsc::Receiver<Frame>,
    ) -> io::Result<(u64, crc32fast::Hasher)> {
        let mut crc = self.file.crc_of_first(offset)?;
        let mut length = offset;
        let mut followed = offset;
        let mut received = Vec::with_capacity(WAITING_FRAMES);
        while waiting.blocking_recv_many(&mut received, WAITING_FRAMES) > 0 {
            let mut frames = VecDeque::from(std::mem::take(&mut received));
            while !frames.is_empty() {
                let written = write_some(file, &frames)?;
                take_written(&mut frames, written, |bytes| {
                    crc.update(bytes);
                    if let Some(sum) = sum {
                        sum.update(bytes);
                    }
                });
                length += written as u64;
                if sum.is_none() {
                    self.file.publish(length, crc.clone());
                }
                (self.progress)(length);
            }
            if length - followed >= FOLLOW_BYTES {
                followed = length;
                self.background.follow(&self.file);
            }
        }
        Ok((length, crc))
    }

    /// Lets a chunk with a checksum count, or takes it back.
    fn judge(
        &self,
        written: io::Result<(u64, crc32fast::Hasher)>,
        sum: Running,
        unverified: Unverified,
        offset: u64,
    ) -> Result<u64, AppendError> {
        let came_whole = self.came_whole.load(Ordering::Acquire);
        match written {
            Ok((length, crc)) if came_whole && sum.matches() => {
                unverified.accept()?;
                self.file.publish(length, crc);
                Ok(length)
            }
            Ok(_) => {
                unverified.reject()?;
                if came_whole { Err(AppendError::ChecksumMismatch) } else { Ok(offset) }
            }
            Err(error) => {
                unverified.reject()?;
                Err(error.into())
            }
        }
    }
}

fn write_some(file: &mut File, frames: &VecDeque<Frame>) -> io::Result<usize> {
    let mut gathered = 0;
    let slices: Vec<IoSlice<'_>> = frames
        .iter()
        .take_while(|frame| {
            gathered += frame.bytes.len();
            gathered == frame.bytes.len() || gathered <= GATHER_BYTES
        })
        .map(|frame| IoSlice::new(&frame.bytes))
        .collect();
    loop {
        match file.write_vectored(&slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Drops the first `written` bytes of `frames`, each of them seen once.
fn take_written(frames: &mut VecDeque<Frame>, mut written: usize, mut seen: impl FnMut(&[u8])) {
    while let Some(Frame { bytes: frame, .. }) = frames.front_mut() {
        let part = written.min(frame.len());
        seen(&frame[..part]);
        frame.advance(part);
        written -= part;
        if !frame.is_empty() {
            return;
        }
        frames.pop_front();
    }
}
