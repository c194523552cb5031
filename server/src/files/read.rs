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
    traffic::Traffic,
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
        let here = stored.length()?.min(range.end).saturating_sub(range.start);
        let (buffers, start) = (self.buffers.clone(), range.start);
        // Opened and read in one go: most files are small, and every hop between threads costs.
        let (file, first) = in_background(move || {
            let file = File::open(&stored.path)?;
            let first = if here == 0 { None } else { Some(fill(&file, buffers.take(), start, here)?) };
            Ok((file, first))
        })
        .await?;
        let taken = first.as_ref().map_or(0, |first| first.as_ref().len() as u64);
        let reader = Reader {
            file: Arc::new(file),
            buffers: self.buffers.clone(),
            traffic: self.traffic.clone(),
            extent,
            next: range.start + taken,
            end: range.end,
            ahead: first.map(Ahead::Read),
            patience: self.settings.idle_download,
        };
        Ok(stream::try_unfold(reader, Reader::read))
    }
}

/// Reads as much as fits into the buffer of the `here` bytes that follow `start`.
fn fill(file: &File, mut buffer: Buffer, start: u64, here: u64) -> io::Result<Buffer> {
    let wanted = usize::try_from(here).map_or(buffer.capacity(), |here| here.min(buffer.capacity()));
    file.read_exact_at(buffer.first(wanted), start)?;
    Ok(buffer)
}

/// The bytes that follow those that were given out.
enum Ahead {
    Read(Buffer),
    Reading(JoinHandle<io::Result<Buffer>>),
}

/// Where one download stands. Keeps the file's descriptor and, while the network takes one buffer, the
/// next: never the file.
struct Reader {
    file: Arc<File>,
    buffers: Buffers,
    traffic: Traffic,
    extent: watch::Receiver<Option<Extent>>,
    /// Where the next bytes begin that were not yet asked for.
    next: u64,
    end: u64,
    ahead: Option<Ahead>,
    patience: Duration,
}

impl Reader {
    async fn read(mut self) -> Result<Option<(Bytes, Self)>, ReadError> {
        if self.ahead.is_none() {
            let Some(here) = self.wait_for_bytes().await? else { return Ok(None) };
            self.begin(here);
        }
        let buffer = match self.ahead.take() {
            None => return Ok(None),
            Some(Ahead::Read(buffer)) => buffer,
            Some(Ahead::Reading(reading)) => reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?,
        };
        self.traffic.add(buffer.as_ref().len());
        let here = self.extent.borrow().ok_or_else(removed)?.bytes;
        if self.next < here.min(self.end) {
            self.begin(here);
        }
        Ok(Some((buffer.into_bytes(), self)))
    }

    /// Begins to read what follows, as far as it is here.
    fn begin(&mut self, here: u64) {
        let (file, start) = (Arc::clone(&self.file), self.next);
        let buffer = self.buffers.take();
        let left = here.min(self.end) - start;
        self.next += left.min(buffer.capacity() as u64);
        self.ahead = Some(Ahead::Reading(tokio::task::spawn_blocking(move || fill(&file, buffer, start, left))));
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
