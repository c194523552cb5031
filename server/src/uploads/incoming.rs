//! A chunk that is about to be received: what its sender says about it, and the stream of its bytes.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};

use crate::files::{AppendError, Checksum};

/// Files of up to this many bytes that come with their announcement are read completely first, so that one disk write
/// and one journal write are enough.
const SMALL_BYTES: u64 = 256 * 1024;
/// How long the bytes of such a file are awaited.
const AT_ONCE: Duration = Duration::from_millis(20);

/// A chunk whose bytes are arriving; `S` is the stream of its bytes.
#[derive(Debug)]
pub struct IncomingChunk<S> {
    /// The offset at which the chunk begins; it must be the end of the file.
    pub offset: u64,
    /// The checksum that the bytes must have, if the sender stated one.
    pub checksum: Option<Checksum>,
    /// The length of the chunk in bytes, if the sender stated it.
    pub length_bytes: Option<u64>,
    /// The first bytes of the chunk, which have arrived already.
    pub came: Vec<Bytes>,
    /// The stream of the other bytes.
    pub frames: S,
}

/// A small file that comes with its announcement, after its bytes were awaited.
pub(super) enum SmallFile<S> {
    /// All of its bytes have arrived.
    Here(Bytes),
    /// Some bytes are still missing; the chunk has those that have arrived.
    Later(IncomingChunk<S>),
}

impl<E, S: Stream<Item = Result<Bytes, E>> + Unpin> IncomingChunk<S> {
    /// Refuses a chunk that would end beyond `limit_bytes`, before any of its bytes is received. Of a chunk whose
    /// length is not known, only the offset is checked.
    ///
    /// # Errors
    /// [`AppendError::TooLong`].
    pub fn check(&self, limit_bytes: u64) -> Result<(), AppendError> {
        let end = self.offset.checked_add(self.length_bytes.unwrap_or(0));
        if end.is_some_and(|end| end <= limit_bytes) { Ok(()) } else { Err(AppendError::TooLong) }
    }

    /// Whether this chunk is a whole file of `size_bytes`, small enough to await its bytes before it is announced.
    pub(super) fn is_small_file(&self, size_bytes: Option<u64>) -> bool {
        self.offset == 0
            && self.length_bytes.is_some()
            && self.length_bytes == size_bytes
            && size_bytes.is_some_and(|size| size <= SMALL_BYTES)
    }

    /// Waits a moment for all of the bytes. If they take longer, the chunk is given back with those that have arrived,
    /// to be received like every other chunk, so that the room can see its progress.
    ///
    /// # Errors
    /// [`AppendError::ChecksumMismatch`], or [`AppendError::Interrupted`] when the stream broke off.
    pub(super) async fn read_at_once(mut self) -> Result<SmallFile<S>, AppendError> {
        let came = &mut self.came;
        let frames = &mut self.frames;
        let reading = async {
            while let Some(frame) = frames.next().await {
                came.push(frame.map_err(|_| AppendError::Interrupted)?);
            }
            Ok::<_, AppendError>(())
        };
        if let Ok(read) = tokio::time::timeout(AT_ONCE, reading).await {
            read?;
        }
        if self.length_bytes != Some(self.came.iter().map(|frame| frame.len() as u64).sum()) {
            return Ok(SmallFile::Later(self));
        }
        let bytes = match self.came.as_slice() {
            [all] => all.clone(),
            several => Bytes::from(several.concat()),
        };
        match self.checksum {
            Some(checksum) if !checksum.matches(&bytes) => Err(AppendError::ChecksumMismatch),
            _ => Ok(SmallFile::Here(bytes)),
        }
    }

    /// All bytes of the chunk, in order.
    pub(super) fn into_frames(self) -> impl Stream<Item = Result<Bytes, E>> + Unpin + use<E, S> {
        stream::iter(self.came).map(Ok).chain(self.frames)
    }
}
