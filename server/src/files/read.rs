//! Reading: a part of a file as a stream, also while the file is still arriving.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _, sync::Arc, time::Duration};

use app::room::FileId;
use bytes::Bytes;
use futures::{Stream, stream};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    Extent, FileStore,
    buffers::{Buffer, Buffers},
    in_background, removed,
};

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
    /// The bytes `range` of a file, as they are or as they arrive; a range beyond the end of a file
    /// ends with the file. Ends with an error, never early, when the file is removed or nothing arrives
    /// for a while.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn read(&self, id: FileId, range: Range<u64>) -> io::Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + use<>> {
        let stored = self.stored(id)?;
        let extent = stored.extent.subscribe();
        let file = in_background(move || File::open(&stored.path)).await?;
        let reader = Reader {
            file: Arc::new(file),
            buffers: self.buffers.clone(),
            extent,
            next: range.start,
            end: range.end,
            ahead: None,
            patience: self.settings.idle_download,
        };
        Ok(stream::try_unfold(reader, Reader::read))
    }
}

/// Where one download stands. Keeps the file's descriptor and, while the network takes one buffer, the
/// next: never the file.
struct Reader {
    file: Arc<File>,
    buffers: Buffers,
    extent: watch::Receiver<Option<Extent>>,
    /// Where the next bytes begin that were not yet asked for.
    next: u64,
    end: u64,
    ahead: Option<JoinHandle<io::Result<Buffer>>>,
    patience: Duration,
}

impl Reader {
    async fn read(mut self) -> Result<Option<(Bytes, Self)>, ReadError> {
        if self.ahead.is_none() {
            let Some(here) = self.wait_for_bytes().await? else { return Ok(None) };
            self.begin(here);
        }
        let Some(reading) = self.ahead.take() else { return Ok(None) };
        let buffer = reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        let here = self.extent.borrow().ok_or_else(removed)?.bytes;
        if self.next < here.min(self.end) {
            self.begin(here);
        }
        Ok(Some((buffer.into_bytes(), self)))
    }

    /// Begins to read what follows, as far as it is here.
    fn begin(&mut self, here: u64) {
        let (file, start) = (Arc::clone(&self.file), self.next);
        let mut buffer = self.buffers.take();
        let left = usize::try_from(here.min(self.end) - start).unwrap_or(usize::MAX);
        let wanted = buffer.capacity().min(left);
        self.ahead = Some(tokio::task::spawn_blocking(move || {
            file.read_exact_at(buffer.first(wanted), start)?;
            Ok(buffer)
        }));
        self.next += wanted as u64;
    }

    /// How long the file is, as soon as that is more than what was read; nothing at the end.
    async fn wait_for_bytes(&mut self) -> Result<Option<u64>, ReadError> {
        let next = self.next;
        if next >= self.end {
            return Ok(None);
        }
        let arrived = self.extent.wait_for(|extent| extent.is_none_or(|extent| extent.bytes > next || extent.whole));
        let extent = match tokio::time::timeout(self.patience, arrived).await {
            Err(_) => return Err(ReadError::Stalled),
            Ok(Ok(extent)) => extent.ok_or_else(removed)?,
            Ok(Err(_)) => return Err(removed().into()),
        };
        Ok((extent.bytes > next).then_some(extent.bytes))
    }
}
