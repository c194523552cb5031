//! Reading: a part of a file as a stream, also while the file is still arriving.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _, sync::Arc, time::Duration};

use app::room::FileId;
use bytes::Bytes;
use futures::{Stream, stream};
use tokio::sync::watch;

use super::{FileStore, in_background, removed};

/// Bytes of one read.
const READ_BYTES: u64 = 512 * 1024;

/// Why a stream of bytes ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No more bytes arrived for a long time.
    #[error("the upload has stalled")]
    Stalled,
    /// The disk failed, or the file was removed meanwhile.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    /// The bytes `range` of a file, as they are or as they arrive. Ends with an error, never early,
    /// when the file is removed or nothing arrives for a while.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn read(&self, id: FileId, range: Range<u64>) -> io::Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + use<>> {
        let stored = self.stored(id)?;
        let length = stored.length.subscribe();
        let file = in_background(move || File::open(&stored.path)).await?;
        let reader = Reader { file: Arc::new(file), length, next: range.start, end: range.end, patience: self.idle_download };
        Ok(stream::try_unfold(reader, Reader::read))
    }
}

/// Where one download stands. Keeps the file's descriptor, not its bytes.
struct Reader {
    file: Arc<File>,
    length: watch::Receiver<Option<u64>>,
    next: u64,
    end: u64,
    patience: Duration,
}

impl Reader {
    async fn read(mut self) -> Result<Option<(Bytes, Self)>, ReadError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let here = self.wait_for_bytes().await?;
        let (file, start) = (Arc::clone(&self.file), self.next);
        let wanted = READ_BYTES.min(here.min(self.end) - start);
        let bytes = in_background(move || {
            let mut bytes = vec![0; usize::try_from(wanted).expect("a read is smaller than memory")];
            file.read_exact_at(&mut bytes, start)?;
            Ok(Bytes::from(bytes))
        })
        .await?;
        self.next += wanted;
        Ok(Some((bytes, self)))
    }

    /// How long the file is, as soon as that is more than what was read.
    async fn wait_for_bytes(&mut self) -> Result<u64, ReadError> {
        let next = self.next;
        let arrived = self.length.wait_for(|length| length.is_none_or(|length| length > next));
        match tokio::time::timeout(self.patience, arrived).await {
            Err(_) => Err(ReadError::Stalled),
            Ok(Ok(length)) => Ok(length.ok_or_else(removed)?),
            Ok(Err(_)) => Err(removed().into()),
        }
    }
}
