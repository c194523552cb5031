//! Appending: a stream of frames becomes bytes on disk, through one blocking writer per request.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, IoSlice, Write as _},
    sync::Arc,
};

use app::room::FileId;
use bytes::{Buf as _, Bytes};
use futures::{Stream, StreamExt as _};
use tokio::sync::mpsc;

use super::{FileStore, StoredFile, lease::Lease};

/// Bytes that may wait for the disk: enough to gather large writes, little enough to stay flat.
const WAITING_FRAMES: usize = 32;
/// The most bytes of one write.
const GATHER_BYTES: usize = 1 << 20;
/// The most frames of one write; the system's own limit on vectored writes is higher.
const GATHER_FRAMES: usize = 64;

/// Why a chunk did not arrive whole. What arrived stays.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The chunk does not begin where the file ends.
    #[error("the file ends at {0}")]
    OffsetMismatch(u64),
    /// More bytes than the file may have; what is beyond its end was not written.
    #[error("the chunk goes beyond the end of the file")]
    TooLong,
    /// Somebody else wants to write; the upload goes on there.
    #[error("another request took the upload over")]
    TakenOver,
    /// The sender went silent or away.
    #[error("the sender went away")]
    Interrupted,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    /// Appends `chunk` at `offset`, which must be where the file ends, up to `size_bytes` in all.
    /// `progress` is called after every write with the new length. Returns the new offset.
    ///
    /// # Errors
    /// [`AppendError`].
    pub async fn append<E: Send>(
        &self,
        id: FileId,
        offset: u64,
        size_bytes: u64,
        mut chunk: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<u64, AppendError> {
        let file = self.stored(id)?;
        let lease = file.leases.take().await;
        let length = file.length()?;
        if length != offset {
            return Err(AppendError::OffsetMismatch(length));
        }

        let wanted_back = lease.wanted_back().clone();
        let (frames, waiting) = mpsc::channel(WAITING_FRAMES);
        let writer = Writer { file: Arc::clone(&file), progress, _lease: lease };
        let writing = tokio::task::spawn_blocking(move || writer.run(offset, waiting));
        let mut left = size_bytes.saturating_sub(offset);
        let end = loop {
            let frame = tokio::select! {
                frame = tokio::time::timeout(self.idle_upload, chunk.next()) => frame,
                () = wanted_back.cancelled() => break Err(AppendError::TakenOver),
            };
            let Ok(Some(Ok(frame))) = frame else {
                break if matches!(frame, Ok(None)) { Ok(()) } else { Err(AppendError::Interrupted) };
            };
            let Some(rest) = left.checked_sub(frame.len() as u64) else {
                break Err(AppendError::TooLong);
            };
            left = rest;
            if !frame.is_empty() && frames.send(frame).await.is_err() {
                break Ok(()); // The writer failed and says why below.
            }
        };
        drop(frames);
        let offset = writing.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        end.map(|()| offset)
    }
}

/// Writes what it is given. Holds the lease, so that nobody else writes before it has ended, even if
/// the request that started it is gone.
struct Writer<P> {
    file: Arc<StoredFile>,
    progress: P,
    _lease: Lease,
}

impl<P: Fn(u64)> Writer<P> {
    fn run(self, offset: u64, mut waiting: mpsc::Receiver<Bytes>) -> io::Result<u64> {
        let mut file = OpenOptions::new().append(true).open(&self.file.path)?;
        let mut crc = self.file.crc_of_first(offset)?;
        let mut length = offset;
        let mut received = Vec::with_capacity(GATHER_FRAMES);
        while waiting.blocking_recv_many(&mut received, GATHER_FRAMES) > 0 {
            let mut frames = VecDeque::from(std::mem::take(&mut received));
            while !frames.is_empty() {
                let written = write_some(&mut file, &frames)?;
                take_written(&mut frames, written, &mut crc);
                length += written as u64;
                self.publish(length, crc.clone());
            }
        }
        Ok(length)
    }

    fn publish(&self, length: u64, crc: crc32fast::Hasher) {
        *self.file.crc.lock().expect("no holder panics") = (length, crc);
        self.file.length.send_replace(Some(length));
        (self.progress)(length);
    }
}

fn write_some(file: &mut File, frames: &VecDeque<Bytes>) -> io::Result<usize> {
    let mut gathered = 0;
    let slices: Vec<IoSlice<'_>> = frames
        .iter()
        .take_while(|frame| {
            gathered += frame.len();
            gathered == frame.len() || gathered <= GATHER_BYTES
        })
        .map(|frame| IoSlice::new(frame))
        .collect();
    loop {
        match file.write_vectored(&slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Drops the first `written` bytes of `frames` and sums them.
fn take_written(frames: &mut VecDeque<Bytes>, mut written: usize, crc: &mut crc32fast::Hasher) {
    while let Some(frame) = frames.front_mut() {
        let part = written.min(frame.len());
        crc.update(&frame[..part]);
        frame.advance(part);
        written -= part;
        if !frame.is_empty() {
            return;
        }
        frames.pop_front();
    }
}
