//! An archive of several files: a zip whose files are stored uncompressed. It is laid out before its first byte is
//! sent.
//!
//! The length and the CRC-32 of every file are known beforehand, so the length of the archive is known too, and no file
//! has to be read twice. Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5, with zip64 for numbers that need it.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use app::room::FileId;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sha2::Digest as _;

use super::{FileStore, ReadError};

/// "Version needed to extract": 4.5, the first with zip64.
const VERSION: u16 = 45;
/// General purpose bit 11: names are UTF-8.
const UTF8_NAMES: u16 = 1 << 11;
/// The value of a 32-bit field whose number is in the zip64 extra field.
const IN_ZIP64: u32 = u32::MAX;
/// 1980-01-01 in the date encoding of the format. All files get this date, because an [`ArchivedFile`] has none.
const EPOCH_DATE: u16 = (1 << 5) | 1;

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

/// Returns one name for each file, which every system accepts. A name gets a number if an earlier file has the same
/// name apart from case, or if another file lies in a folder of that name.
///
/// This takes a time in proportion to the length of all names together, whatever they are: strangers choose them, and
/// thousands of files may have the same long name, or lie in hundreds of folders.
pub(super) fn unique_names(files: &[ArchivedFile]) -> Vec<String> {
    let paths: Vec<Vec<String>> = files.iter().map(|file| file.path.iter().map(|name| harmless(name)).collect()).collect();
    // Each folder has a number; the root has 0. What is in a folder is known by the number of the folder and a folded
    // name.
    let mut folders: HashMap<(usize, String), usize> = HashMap::new();
    let parents: Vec<usize> = paths
        .iter()
        .map(|path| {
            path[..path.len().saturating_sub(1)].iter().fold(0, |folder, name| {
                let next = folders.len() + 1;
                *folders.entry((folder, folded(name))).or_insert(next)
            })
        })
        .collect();
    let mut taken: HashSet<(usize, String)> = folders.into_keys().collect();
    // The number to try next for each name that came before.
    let mut numbers: HashMap<(usize, String), u32> = HashMap::new();
    let unique = |(path, parent): (Vec<String>, usize)| {
        let name = path.last().map_or("", String::as_str);
        let (stem, ending) = name.rfind('.').filter(|dot| *dot > 0).map_or((name, ""), |dot| name.split_at(dot));
        let mut unique = name.to_owned();
        let place = (parent, folded(name));
        if !taken.insert(place.clone()) {
            let number = numbers.entry(place).or_insert(2);
            loop {
                unique = format!("{stem} ({number}){ending}");
                *number += 1;
                if taken.insert((parent, folded(&unique))) {
                    break;
                }
            }
        }
        let folders = &path[..path.len().saturating_sub(1)];
        folders.iter().chain([&unique]).map(String::as_str).collect::<Vec<_>>().join("/")
    };
    paths.into_iter().zip(parents).map(unique).collect()
}

/// Folds the case of a name, for comparisons. The name becomes upper case before it becomes lower case, because lower
/// case alone would leave "σ" and a final "ς" different, and "ß" and "SS".
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Changes one part of a path so that every system can create it: Windows forbids some characters, and some names stand
/// for devices there (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn harmless(part: &str) -> String {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let mut safe: String = part.chars().map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }).collect();
    if safe.ends_with(['.', ' ']) {
        safe.pop();
        safe.push('_');
    }
    let stem = safe.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let is_port = port.is_some_and(|number| matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"));
    if is_port || DEVICES.contains(&stem.as_str()) { format!("_{safe}") } else { safe }
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
    header.put_u16_le((3 << 8) | VERSION); // Made by: 3 is Unix, so the external attributes below are a Unix mode.
    put_shared(&mut header, file, name, extra_length);
    header.put_u16_le(0); // Length of the comment.
    header.put_u16_le(0); // Number of the disk.
    header.put_u16_le(0); // Internal attributes.
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
    header.put_u16_le(0); // Method 0, stored: most shared files are compressed already, and the length stays known.
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

/// The value of a 32-bit field: the number, or [`IN_ZIP64`] if it is too large.
fn field32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

fn field16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
