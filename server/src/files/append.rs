//! Appending: writes a stream of frames to the end of a file, with one blocking writer per request.

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
    Checksum, FileStore, NoSpace, StoredFile, SyncMode, checksum::Running, digests::Digests, lease::Lease, syncs::Syncs,
    unverified::Unverified,
};

/// Each time an append has written this many bytes, it queues the file for the digest and sync threads, so that they
/// follow while the file is still arriving. Smaller steps would not be worth the effort.
const CATCH_UP_BYTES: u64 = 32 << 20;
/// Frames of one chunk that may wait for the disk: enough to gather them into large writes.
const WAITING_FRAMES: usize = 8;
/// Bytes of all chunks together that may wait for the disk. When so many wait, each further frame waits for its turn.
pub(super) const WAITING_BYTES: usize = 8 << 20;
/// The most bytes that are gathered for one write; a single frame may be larger.
const GATHER_BYTES: usize = 1 << 20;

/// Asks the caller whether the file may grow to this length in bytes; `false` ends the append with
/// [`AppendError::TooLong`]. Called before each frame of a file whose final length is unknown.
pub type MayGrow = Box<dyn Fn(u64) -> bool + Send + Sync>;

/// Where a chunk of a file belongs, and the conditions under which it is accepted. Its bytes come as a separate stream.
pub struct Chunk {
    /// The offset at which the chunk begins, in bytes; it has to be the length of the file.
    pub offset: u64,
    /// The most bytes that the file may have with this chunk.
    pub limit_bytes: u64,
    /// Set when the final length of the file is unknown: space in its room is then reserved while the bytes arrive.
    pub may_grow: Option<MayGrow>,
    /// The checksum of the chunk's bytes, if its sender declared one. The chunk then counts only once it is verified.
    pub checksum: Option<Checksum>,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk").field("offset", &self.offset).field("limit_bytes", &self.limit_bytes).finish_non_exhaustive()
    }
}

/// Why a chunk did not arrive whole. The bytes that arrived stay, unless the chunk had a checksum.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The chunk does not begin where the file ends.
    #[error("the file ends at {0}")]
    OffsetMismatch(u64),
    /// The chunk has more bytes than the file may have. The frame that would exceed the limit was not written.
    #[error("the chunk goes beyond the end of the file")]
    TooLong,
    /// The bytes do not match the checksum.
    #[error("the checksum does not match")]
    ChecksumMismatch,
    /// Another request took the lease of the file, to write, to learn the offset or to remove the file.
    #[error("another request took the upload over")]
    TakenOver,
    /// The sender's stream broke off, or brought nothing for
    /// [`StoreSettings::idle_upload`](super::StoreSettings::idle_upload).
    #[error("the sender went away")]
    Interrupted,
    /// There is not enough disk space for the chunk.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
    /// The disk failed; `NotFound` for a file that is not here.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    pub(super) async fn append_chunk<E: Send>(
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
        let (to_writer, waiting) = mpsc::channel(WAITING_FRAMES);
        let all_came = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            file: Arc::clone(&file),
            progress,
            digests: self.digests.clone(),
            syncs: self.syncs.clone(),
            sync: self.settings.sync,
            all_came: Arc::clone(&all_came),
            _lease: lease,
        };
        let writing = tokio::task::spawn_blocking(move || writer.run(chunk.offset, chunk.checksum.as_ref(), waiting));
        let (mut end_bytes, mut claimed_bytes) = (chunk.offset, 0);
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
            if chunk.may_grow.as_ref().is_some_and(|may_grow| !may_grow(end_bytes)) {
                break Err(AppendError::TooLong);
            }
            if end_bytes > claimed_bytes {
                match file.claim.raise(end_bytes, chunk.limit_bytes) {
                    Ok(bytes) => claimed_bytes = bytes,
                    Err(error) => break Err(error.into()),
                }
            }
            if frame.is_empty() {
                continue;
            }
            self.traffic.add(frame.len());
            let permits = u32::try_from(frame.len().min(WAITING_BYTES)).expect("WAITING_BYTES fits into 32 bits");
            let waits = Arc::clone(&self.waiting_bytes).acquire_many_owned(permits).await.expect("the semaphore is never closed");
            if to_writer.send(Frame { bytes: frame, _waits: waits }).await.is_err() {
                break Ok(()); // The writer failed; its error is returned below.
            }
        };
        all_came.store(end.is_ok(), Ordering::Release);
        drop(to_writer);
        let offset = writing.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        end.map(|()| offset)
    }
}

/// Bytes on their way to the writer, with their permits of [`FileStore::waiting_bytes`].
struct Frame {
    bytes: Bytes,
    _waits: OwnedSemaphorePermit,
}

/// Writes the frames of one chunk. It holds the lease, so that nobody else writes to the file before this writer has
/// ended, even if the request that started it is gone.
struct Writer<P> {
    file: Arc<StoredFile>,
    progress: P,
    digests: Digests,
    syncs: Syncs,
    sync: SyncMode,
    /// Whether all frames of the chunk were sent to the writer. It is set before their channel is closed, and read
    /// after that.
    all_came: Arc<AtomicBool>,
    _lease: Lease,
}

impl<P: Fn(u64)> Writer<P> {
    /// Writes frames until their channel is closed, and returns the length of the file in bytes afterwards.
    fn run(self, offset: u64, checksum: Option<&Checksum>, waiting: mpsc::Receiver<Frame>) -> Result<u64, AppendError> {
        let mut file = OpenOptions::new().append(true).open(&self.file.path)?;
        let verification = match checksum {
            Some(checksum) => Some((Unverified::begin(&self.file.path, offset, self.sync)?, checksum.running())),
            None => None,
        };
        let (unverified, mut sum) = verification.unzip();
        let mut written = self.write(&mut file, offset, &mut sum, waiting);
        if self.sync == SyncMode::Always {
            // The bytes are on the disk before the note that they are not verified goes.
            written = written.and_then(|written| file.sync_data().map(|()| written));
        }
        match (sum, unverified) {
            (Some(sum), Some(unverified)) => self.accept_or_reject(written, sum, unverified, offset),
            _ => Ok(written?.0),
        }
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
                drop_written(&mut frames, written, |bytes| {
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
            if length - followed >= CATCH_UP_BYTES {
                followed = length;
                self.digests.add(&self.file);
                self.syncs.add(&self.file);
            }
        }
        Ok((length, crc))
    }

    /// Accepts a chunk whose checksum matches, and cuts off any other.
    fn accept_or_reject(
        &self,
        written: io::Result<(u64, crc32fast::Hasher)>,
        sum: Running,
        unverified: Unverified,
        offset: u64,
    ) -> Result<u64, AppendError> {
        let all_came = self.all_came.load(Ordering::Acquire);
        match written {
            Ok((length, crc)) if all_came && sum.matches() => {
                unverified.accept(self.sync)?;
                self.file.publish(length, crc);
                Ok(length)
            }
            Ok(_) => {
                unverified.reject()?;
                self.file.claim.close_window();
                if all_came { Err(AppendError::ChecksumMismatch) } else { Ok(offset) }
            }
            Err(error) => {
                unverified.reject()?;
                self.file.claim.close_window();
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

/// Removes the first `written` bytes from `frames`, and calls `seen` with each removed piece in order.
fn drop_written(frames: &mut VecDeque<Frame>, mut written: usize, mut seen: impl FnMut(&[u8])) {
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
