//! An archive of several files: a zip whose files are stored uncompressed. It is laid out before its first byte is
//! sent.
//!
//! The length and the CRC-32 of every file are known beforehand, so the length of the archive is known too, and no file
//! has to be read twice. Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5, with zip64 for numbers that need it.

mod headers;
mod names;

use std::{ops::Range, sync::Arc};

use app::room::FileId;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sha2::Digest as _;

use super::{FileStore, ReadError};
use headers::{central_header, end_of_directory, local_header};
use names::unique_names;

/// A complete file for the archive.
#[derive(Clone, Debug)]
pub struct ArchivedFile {
    /// Its id in the store.
    pub id: FileId,
    /// Its path: the names of its folders and its own name, each of which is safe to use.
    pub path: Vec<String>,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// CRC-32 (ISO-HDLC) of all its bytes.
    pub crc32: u32,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_at_ms: u64,
    /// Whether it is a folder, which has no bytes.
    pub is_folder: bool,
}

/// Observes the reading of an archive. It is called for each file that is read, with the id of the file and the offset
/// at which reading begins. The function that it returns is called with the length of each piece that was read, in
/// bytes, and is dropped when the file has been read.
pub type ReadWatch = Arc<dyn Fn(FileId, u64) -> Box<dyn FnMut(usize) + Send> + Send + Sync>;

/// The layout of an archive: its segments, in order.
#[derive(Clone, Debug)]
pub struct Archive {
    pub(super) segments: Vec<Segment>,
    /// Length of the whole archive in bytes.
    pub size_bytes: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Segment {
    Header(Bytes),
    File { id: FileId, size_bytes: u64 },
}

impl Archive {
    /// Lays out an archive of these files.
    #[must_use]
    pub fn new(files: &[ArchivedFile]) -> Self {
        let mut archive = Self { segments: Vec::with_capacity(2 * files.len() + 1), size_bytes: 0 };
        let mut directory = BytesMut::new();
        let names = unique_names(files);
        for (file, name) in files.iter().zip(&names) {
            directory.extend(central_header(file, name, archive.size_bytes));
            archive.push(Segment::Header(local_header(file, name)));
            archive.push(Segment::File { id: file.id, size_bytes: file.size_bytes });
        }
        let start = archive.size_bytes;
        let size = directory.len() as u64;
        directory.extend(end_of_directory(files.len() as u64, size, start));
        archive.push(Segment::Header(directory.freeze()));
        archive
    }

    /// Identifies the bytes of the archive: two archives with the same fingerprint have the same bytes. It consists of
    /// 32 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut sum = sha2::Sha256::new();
        for segment in &self.segments {
            match segment {
                Segment::Header(bytes) => sum.update(bytes),
                // Names, lengths and CRC-32s are in the headers, and an id always stands for the same bytes.
                Segment::File { id, .. } => sum.update(id.to_string()),
            }
        }
        sum.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the bytes `range` of the archive as a stream. Files outside the range are not read.
    pub fn read(
        &self,
        files: Arc<FileStore>,
        range: Range<u64>,
        watch: ReadWatch,
    ) -> impl Stream<Item = Result<Bytes, ReadError>> + Send + use<> {
        stream::iter(self.slice(range))
            .then(move |segment| {
                let (files, watch) = (Arc::clone(&files), Arc::clone(&watch));
                async move {
                    Ok::<_, ReadError>(match segment {
                        Cut::Header(bytes) => stream::once(async { Ok(bytes) }).left_stream(),
                        Cut::File(id, range) => {
                            let mut seen = watch(id, range.start);
                            files.read(id, range).await?.inspect_ok(move |bytes| seen(bytes.len())).right_stream()
                        }
                    })
                }
            })
            .try_flatten()
    }

    /// Returns the part of each segment that lies in `range`.
    fn slice(&self, range: Range<u64>) -> Vec<Cut> {
        let mut start = 0;
        let mut cuts = Vec::new();
        for segment in &self.segments {
            let length = segment.size_bytes();
            let part = range.start.clamp(start, start + length) - start..range.end.clamp(start, start + length) - start;
            start += length;
            if part.start < part.end {
                cuts.push(match segment {
                    Segment::Header(bytes) => {
                        let index = |position| usize::try_from(position).expect("a header is in memory, so its length fits into usize");
                        Cut::Header(bytes.slice(index(part.start)..index(part.end)))
                    }
                    Segment::File { id, .. } => Cut::File(*id, part),
                });
            }
        }
        cuts
    }

    fn push(&mut self, segment: Segment) {
        self.size_bytes += segment.size_bytes();
        self.segments.push(segment);
    }
}

/// A part of one segment.
enum Cut {
    Header(Bytes),
    File(FileId, Range<u64>),
}

impl Segment {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Header(bytes) => bytes.len() as u64,
            Self::File { size_bytes, .. } => *size_bytes,
        }
    }
}
