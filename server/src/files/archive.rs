//! An archive of several files: zip, stored, laid out before the first byte is sent.
//!
//! Every part's length is known beforehand, so the whole length is too, and nothing has to be read
//! twice. Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5; zip64 where a number needs it.

use std::collections::HashSet;

use app::room::FileId;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{FileStore, ReadError};

/// "Version needed to extract": 4.5, the first with zip64.
const VERSION: u16 = 45;
/// General purpose bit 11: names are UTF-8.
const UTF8_NAMES: u16 = 1 << 11;
/// The value of a 32-bit field whose number is in the zip64 extra field.
const IN_ZIP64: u32 = u32::MAX;
/// 1980-01-01 in the format's own date encoding: files carry no time of their own.
const EPOCH_DATE: u16 = (1 << 5) | 1;

/// A complete file for the archive.
#[derive(Clone, Debug)]
pub struct ArchivedFile {
    /// Where its bytes are.
    pub id: FileId,
    /// Its name, folders included, each part safe to use.
    pub parts: Vec<String>,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// CRC-32 (ISO-HDLC) of all its bytes.
    pub crc32: u32,
}

/// What an archive consists of, in order.
#[derive(Debug)]
pub struct Archive {
    pub(super) segments: Vec<Segment>,
    /// Length of the whole archive in bytes.
    pub size_bytes: u64,
}

#[derive(Debug)]
pub(super) enum Segment {
    Header(Bytes),
    File { id: FileId, size_bytes: u64 },
}

impl Archive {
    /// Lays an archive of these files out.
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

    /// The bytes of the archive.
    pub fn read(self, files: std::sync::Arc<FileStore>) -> impl Stream<Item = Result<Bytes, ReadError>> + Send {
        stream::iter(self.segments)
            .then(move |segment| {
                let files = std::sync::Arc::clone(&files);
                async move {
                    Ok::<_, ReadError>(match segment {
                        Segment::Header(bytes) => stream::once(async { Ok(bytes) }).left_stream(),
                        Segment::File { id, size_bytes } => files.read(id, 0..size_bytes).await?.right_stream(),
                    })
                }
            })
            .try_flatten()
    }

    fn push(&mut self, segment: Segment) {
        self.size_bytes += match &segment {
            Segment::Header(bytes) => bytes.len() as u64,
            Segment::File { size_bytes, .. } => *size_bytes,
        };
        self.segments.push(segment);
    }
}

/// One name for each file; where two are the same but for case, the later one gets a number.
fn unique_names(files: &[ArchivedFile]) -> Vec<String> {
    let mut taken = HashSet::new();
    files
        .iter()
        .map(|file| {
            let name = file.parts.join("/");
            let (stem, ending) = match name.rfind('.') {
                Some(dot) if dot > name.rfind('/').map_or(0, |slash| slash + 1) => name.split_at(dot),
                _ => (name.as_str(), ""),
            };
            let mut unique = name.clone();
            let mut number = 2;
            while !taken.insert(unique.to_lowercase()) {
                unique = format!("{stem} ({number}){ending}");
                number += 1;
            }
            unique
        })
        .collect()
}

fn local_header(file: &ArchivedFile, name: &str) -> Bytes {
    let large = file.size_bytes >= IN_ZIP64.into();
    let mut header = BytesMut::with_capacity(50 + name.len());
    header.put_u32_le(0x0403_4b50);
    put_shared(&mut header, file, name, if large { 20 } else { 0 });
    header.put_slice(name.as_bytes());
    if large {
        header.put_u16_le(1);
        header.put_u16_le(16);
        header.put_u64_le(file.size_bytes);
        header.put_u64_le(file.size_bytes);
    }
    header.freeze()
}

fn central_header(file: &ArchivedFile, name: &str, offset: u64) -> Bytes {
    let mut extra = BytesMut::new();
    if file.size_bytes >= IN_ZIP64.into() {
        extra.put_u64_le(file.size_bytes);
        extra.put_u64_le(file.size_bytes);
    }
    if offset >= IN_ZIP64.into() {
        extra.put_u64_le(offset);
    }
    let extra_length = if extra.is_empty() { 0 } else { field16(extra.len() as u64 + 4) };

    let mut header = BytesMut::with_capacity(80 + name.len());
    header.put_u32_le(0x0201_4b50);
    header.put_u16_le((3 << 8) | VERSION); // Made on Unix: the attributes below are a Unix mode.
    put_shared(&mut header, file, name, extra_length);
    header.put_u16_le(0); // No comment,
    header.put_u16_le(0); // the first disk,
    header.put_u16_le(0); // no internal attributes.
    header.put_u32_le(0o100_644 << 16);
    header.put_u32_le(field32(offset));
    header.put_slice(name.as_bytes());
    if !extra.is_empty() {
        header.put_u16_le(1);
        header.put_u16_le(field16(extra.len() as u64));
        header.put_slice(&extra);
    }
    header.freeze()
}

/// The fields that both headers of a file have in common.
fn put_shared(header: &mut BytesMut, file: &ArchivedFile, name: &str, extra_length: u16) {
    header.put_u16_le(VERSION);
    header.put_u16_le(UTF8_NAMES);
    header.put_u16_le(0); // Stored: what people share is compressed already, and the length stays known.
    header.put_u16_le(0);
    header.put_u16_le(EPOCH_DATE);
    header.put_u32_le(file.crc32);
    header.put_u32_le(field32(file.size_bytes));
    header.put_u32_le(field32(file.size_bytes));
    header.put_u16_le(field16(name.len() as u64));
    header.put_u16_le(extra_length);
}

fn end_of_directory(entries: u64, size: u64, start: u64) -> Bytes {
    let mut end = BytesMut::with_capacity(98);
    if entries >= u16::MAX.into() || size >= IN_ZIP64.into() || start >= IN_ZIP64.into() {
        end.put_u32_le(0x0606_4b50);
        end.put_u64_le(44);
        end.put_u16_le((3 << 8) | VERSION);
        end.put_u16_le(VERSION);
        end.put_u32_le(0);
        end.put_u32_le(0);
        end.put_u64_le(entries);
        end.put_u64_le(entries);
        end.put_u64_le(size);
        end.put_u64_le(start);
        end.put_u32_le(0x0706_4b50);
        end.put_u32_le(0);
        end.put_u64_le(start + size);
        end.put_u32_le(1);
    }
    end.put_u32_le(0x0605_4b50);
    end.put_u16_le(0);
    end.put_u16_le(0);
    end.put_u16_le(field16(entries));
    end.put_u16_le(field16(entries));
    end.put_u32_le(field32(size));
    end.put_u32_le(field32(start));
    end.put_u16_le(0);
    end.freeze()
}

/// A number in a 32-bit field, or the mark that it is in the zip64 field.
fn field32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

fn field16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
