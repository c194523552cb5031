//! Reading: gives a part of a file as a stream, also while the file is still arriving.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use app::room::FileId;
use bytes::Bytes;
use futures::{Stream, stream};
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, openat2},
    io::{ReadWriteFlags, preadv2},
};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    FileStore,
    stored_file::{Extent, removed},
};
use crate::{
    speed::{Buffer, Buffers, Traffic},
    tasks::blocking,
};

/// Why a stream ended before the end of its range.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No more bytes arrived for [`StoreSettings::idle_download`](super::StoreSettings::idle_download).
    #[error("the upload has stalled")]
    Stalled,
    /// The disk failed, or the file was removed meanwhile.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl FileStore {
    pub(super) async fn read_range(
        &self,
        id: FileId,
        range: Range<u64>,
    ) -> io::Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + use<>> {
        let stored = self.stored(id)?;
        let extent = stored.extent.subscribe();
        let here = stored.length()?.min(range.end).saturating_sub(range.start);
        let (buffers, start) = (self.buffers.clone(), range.start);
        let (file, first) = match open_now(&stored.path) {
            Some(file) => (file, None),
            // The file is opened and first read in one call, because each switch between threads costs time.
            None => {
                blocking(move || {
                    let file = File::open(&stored.path)?;
                    let first = if here == 0 { None } else { Some(fill(&file, buffers.take(), start, here)?) };
                    Ok::<_, io::Error>((file, first))
                })
                .await?
            }
        };
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

/// Opens a file if its whole path is in the kernel's cache, so that this does not wait for the disk.
fn open_now(path: &Path) -> Option<File> {
    openat2(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// Reads those of the `here` bytes from `start` that are in the page cache and fit into the buffer. Returns the buffer
/// as the error if none of them is, or if the file system cannot read without waiting.
fn fill_now(file: &File, mut buffer: Buffer, start: u64, here: u64) -> Result<Buffer, Buffer> {
    let wanted = wanted(&buffer, here);
    let read = preadv2(file, &mut [IoSliceMut::new(buffer.first(wanted))], start, ReadWriteFlags::NOWAIT);
    match read {
        Ok(read) if read > 0 => {
            buffer.first(read);
            Ok(buffer)
        }
        _ => Err(buffer),
    }
}

/// Reads the `here` bytes from `start`, or as many of them as fit into the buffer.
fn fill(file: &File, mut buffer: Buffer, start: u64, here: u64) -> io::Result<Buffer> {
    let wanted = wanted(&buffer, here);
    file.read_exact_at(buffer.first(wanted), start)?;
    Ok(buffer)
}

fn wanted(buffer: &Buffer, here: u64) -> usize {
    usize::try_from(here).map_or(buffer.capacity(), |here| here.min(buffer.capacity()))
}

/// The next bytes to give out, if they are read from the disk in advance.
enum Ahead {
    Read(Buffer),
    Reading(JoinHandle<io::Result<Buffer>>),
}

/// The state of one download. It keeps the file descriptor and, while the network takes one buffer, at most one more;
/// it never keeps the whole file in memory.
struct Reader {
    file: Arc<File>,
    buffers: Buffers,
    traffic: Traffic,
    extent: watch::Receiver<Option<Extent>>,
    /// Where the next read begins: all bytes before it have been read, or are being read.
    next: u64,
    end: u64,
    ahead: Option<Ahead>,
    patience: Duration,
}

impl Reader {
    async fn read(mut self) -> Result<Option<(Bytes, Self)>, ReadError> {
        let buffer = match self.ahead.take() {
            None => {
                let Some(here) = self.wait_for_bytes().await? else { return Ok(None) };
                let left = here.min(self.end) - self.next;
                // Bytes in the page cache are copied right here: switching to another thread would take longer.
                match fill_now(&self.file, self.buffers.take(), self.next, left) {
                    Ok(buffer) => {
                        self.next += buffer.as_ref().len() as u64;
                        return self.give(buffer);
                    }
                    Err(buffer) => finished(self.begin(buffer, left)).await?,
                }
            }
            Some(Ahead::Read(buffer)) => buffer,
            Some(Ahead::Reading(reading)) => finished(reading).await?,
        };
        // The next buffer is read from the disk while the network takes this one.
        let here = self.extent.borrow().ok_or_else(removed)?.bytes.min(self.end);
        if self.next < here {
            let buffer = self.buffers.take();
            self.ahead = Some(Ahead::Reading(self.begin(buffer, here - self.next)));
        }
        self.give(buffer)
    }

    fn give(self, buffer: Buffer) -> Result<Option<(Bytes, Self)>, ReadError> {
        if self.extent.borrow().is_none() {
            return Err(removed().into());
        }
        self.traffic.add(buffer.as_ref().len());
        Ok(Some((buffer.into_bytes(), self)))
    }

    /// Begins to read the next bytes from the disk: `left` bytes, or as many of them as fit into the buffer.
    fn begin(&mut self, buffer: Buffer, left: u64) -> JoinHandle<io::Result<Buffer>> {
        let (file, start) = (Arc::clone(&self.file), self.next);
        self.next += left.min(buffer.capacity() as u64);
        tokio::task::spawn_blocking(move || fill(&file, buffer, start, left))
    }

    /// Waits until the file is longer than what was read, and returns its length in bytes; `None` at the end of the
    /// range or of the file.
    async fn wait_for_bytes(&mut self) -> Result<Option<u64>, ReadError> {
        let next = self.next;
        if next >= self.end {
            return Ok(None);
        }
        let arrived = self.extent.wait_for(|extent| extent.is_none_or(|extent| extent.bytes > next || extent.is_finished));
        let extent = match tokio::time::timeout(self.patience, arrived).await {
            Err(_) => return Err(ReadError::Stalled),
            Ok(Ok(extent)) => extent.ok_or_else(removed)?,
            Ok(Err(_)) => return Err(removed().into()),
        };
        Ok((extent.bytes > next).then_some(extent.bytes))
    }
}

async fn finished(reading: JoinHandle<io::Result<Buffer>>) -> io::Result<Buffer> {
    reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
