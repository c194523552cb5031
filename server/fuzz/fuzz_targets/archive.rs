//! Archives: checks that an archive has the layout that its headers announce, and that every file in it unpacks under a
//! safe name of its own.
//!
//! File names are prepared in the same way as in the server, through [`FileName::segments`]. The headers are read with
//! [`Archive::read`], which needs a store but no file in it, and are checked by an independent reader of the format
//! (PKWARE APPNOTE 6.3.10).

#![no_main]

use std::{
    collections::HashSet,
    ops::Range,
    sync::{Arc, LazyLock},
    time::Duration,
};

use app::room::{FileId, FileName};
use futures::{TryStreamExt as _, executor::block_on};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use server::files::{Archive, ArchivedFile, FileStore, StoreSettings};

/// The most files of one archive. More files would only make the target slow.
const MAX_FILES: usize = 64;
/// Every size is below this limit, so that no sum of sizes overflows.
const SIZE_LIMIT: u64 = 1 << 56;

/// The input of the target. The names come last, one to a line, so that a person can read an input file.
#[derive(Debug, Arbitrary)]
struct Listing<'a> {
    /// The sizes of the files; when there are more files than sizes, they are used again from the first.
    sizes: [u64; 3],
    crc32: u32,
    names: &'a str,
}

/// The bytes of a header as they are in the archive.
struct Header(Vec<u8>);

/// What a header says about one file.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    size_bytes: u64,
    crc32: u32,
    offset: u64,
}

fuzz_target!(|listing: Listing<'_>| {
    let files = listing.files();
    let archive = Archive::new(&files);
    assert_eq!(archive.fingerprint(), Archive::new(&files).fingerprint());

    let mut entries = Vec::new();
    let mut end = 0;
    for file in &files {
        let (entry, content) = local(&archive, end);
        assert_eq!((entry.size_bytes, entry.crc32, entry.offset), (file.size_bytes, file.crc32, end));
        end = content + file.size_bytes;
        entries.push(entry);
    }
    let directory = Header::read(&archive, end..archive.size_bytes);
    assert_eq!(directory.0.len() as u64, archive.size_bytes - end, "the directory is as long as announced");
    assert_eq!(central(&directory, end), entries);
    assert_names(&entries);

    let mut others = files;
    if let Some(changed) = others.last_mut() {
        changed.crc32 ^= 1;
        assert_ne!(Archive::new(&others).fingerprint(), archive.fingerprint(), "other bytes have another print");
    }
});

impl Listing<'_> {
    fn files(&self) -> Vec<ArchivedFile> {
        let names = self.names.split('\n').filter_map(|name| FileName::parse(name).ok());
        let numbered = (0..).zip(names.zip(self.sizes.iter().cycle()));
        let file = |(number, (name, size)): (u32, (FileName, &u64))| ArchivedFile {
            id: FileId::new(number.into()),
            path: name.segments(),
            size_bytes: size % SIZE_LIMIT,
            crc32: self.crc32.wrapping_add(number),
            // From the beginning of the dates of the format to beyond the end of the seconds of the extra field.
            modified_at_ms: u64::from(self.crc32) * 1000,
            is_folder: size % SIZE_LIMIT == 0 && number % 2 == 1,
        };
        numbered.take(MAX_FILES).map(file).collect()
    }
}

impl Header {
    fn read(archive: &Archive, range: Range<u64>) -> Self {
        static NO_FILES: LazyLock<Arc<FileStore>> = LazyLock::new(|| {
            // The folder is deleted at once, because nothing is ever written to it.
            let folder = tempfile::tempdir().expect("a temporary folder can be created");
            let settings = StoreSettings {
                folder: folder.path().to_owned(),
                sync: Default::default(),
                max_storage: None,
                min_free_space: 0,
                idle_upload: Duration::ZERO,
                idle_download: Duration::ZERO,
            };
            Arc::new(FileStore::open(settings).expect("the folder exists"))
        });
        let bytes = archive.read(Arc::clone(&NO_FILES), range, Arc::new(|_, _| Box::new(|_| {}))).try_collect::<Vec<_>>();
        Self(block_on(bytes).expect("reading a header needs no file").concat())
    }

    /// Reads `length` bytes at `at` as a little-endian number.
    fn number(&self, at: usize, length: usize) -> u64 {
        self.0[at..at + length].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn length(&self, at: usize) -> usize {
        self.number(at, 2).try_into().expect("two bytes fit into a usize")
    }

    fn name(&self, at: usize, length: usize) -> String {
        String::from_utf8(self.0[at..at + length].to_vec()).expect("names are UTF-8, as general purpose bit 11 says")
    }

    /// Reads these 32-bit fields. A field with the value `0xffff_ffff` stands for the next number of the zip64 field
    /// (4.5.3).
    fn large<const N: usize>(&self, fields: [usize; N], mut extra: Range<usize>) -> [u64; N] {
        if extra.len() >= 9 && (self.number(extra.end - 9, 2), self.length(extra.end - 7)) == (0x5455, 5) {
            // Info-ZIP's timestamp follows the zip64 field.
            extra.end -= 9;
        }
        if !extra.is_empty() {
            assert_eq!((self.number(extra.start, 2), self.length(extra.start + 2)), (1, extra.len() - 4), "one zip64 field");
            extra.start += 4;
        }
        let numbers = fields.map(|at| match self.number(at, 4) {
            0xffff_ffff => {
                extra.start += 8;
                self.number(extra.start - 8, 8)
            }
            small => small,
        });
        assert!(extra.is_empty(), "the zip64 field has {} bytes too many", extra.len());
        numbers
    }
}

/// Reads the local header at `offset` (4.3.7). Returns its entry, and the offset at which the file's bytes begin.
fn local(archive: &Archive, offset: u64) -> (Entry, u64) {
    let fixed = Header::read(archive, offset..offset + 30);
    let (name, extra) = (30 + fixed.length(26), fixed.length(28));
    let end = offset + (name + extra) as u64;
    let header = Header::read(archive, offset..end);
    assert_eq!((header.number(0, 4), header.number(6, 2), header.number(8, 2)), (0x0403_4b50, 1 << 11, 0));
    let [size_bytes, stored_bytes] = header.large([22, 18], name..name + extra);
    assert_eq!(size_bytes, stored_bytes);
    let crc32 = header.number(14, 4).try_into().expect("four bytes fit into a u32");
    (Entry { name: header.name(30, name - 30), size_bytes, crc32, offset }, end)
}

/// Reads the central directory (4.3.12) that begins at `start`, and the records at its end (4.3.14 to 4.3.16).
fn central(header: &Header, start: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    while header.number(at, 4) == 0x0201_4b50 {
        assert_eq!((header.number(at + 8, 2), header.number(at + 10, 2), header.number(at + 32, 2)), (1 << 11, 0, 0));
        let (name, extra) = (at + 46, at + 46 + header.length(at + 28));
        let end = extra + header.length(at + 30);
        let [size_bytes, stored_bytes, offset] = header.large([at + 24, at + 20, at + 42], extra..end);
        assert_eq!(size_bytes, stored_bytes);
        let crc32 = header.number(at + 16, 4).try_into().expect("four bytes fit into a u32");
        entries.push(Entry { name: header.name(name, extra - name), size_bytes, crc32, offset });
        at = end;
    }
    let size = at;
    let announced = [entries.len() as u64, entries.len() as u64, size as u64, start];
    let large = header.number(at, 4) == 0x0606_4b50;
    if large {
        assert_eq!([24, 32, 40, 48].map(|field| header.number(at + field, 8)), announced);
        assert_eq!((header.number(at + 4, 8), header.number(at + 56, 4)), (44, 0x0706_4b50));
        assert_eq!(header.number(at + 64, 8), start + size as u64);
        at += 76;
    }
    assert_eq!(header.number(at, 4), 0x0605_4b50);
    let short = [(8, 2), (10, 2), (12, 4), (16, 4)].map(|(field, length)| header.number(at + field, length));
    for ((short, length), announced) in short.into_iter().zip([2, 2, 4, 4]).zip(announced) {
        assert!(short == announced || large && short == (1 << (8 * length)) - 1, "{short} stands for {announced}");
    }
    assert_eq!(header.number(at + 20, 2), 0, "no comment");
    assert_eq!(at + 22, header.0.len(), "nothing follows");
    entries
}

/// Checks that every file is unpacked to a path of its own, below the folder that is unpacked into.
fn assert_names(entries: &[Entry]) {
    let folded: Vec<(String, &str)> = entries.iter().map(|entry| (folded(&entry.name), entry.name.as_str())).collect();
    let files = || folded.iter().filter(|(_, name)| !name.ends_with('/'));
    let different: HashSet<&str> = files().map(|(folded, _)| folded.as_str()).collect();
    assert_eq!(different.len(), files().count(), "two names are one but for case: {entries:?}");
    let folders: HashSet<&str> = folded.iter().flat_map(|(name, _)| name.match_indices('/').map(|(slash, _)| &name[..slash])).collect();
    for (folded, name) in &folded {
        assert!(!folders.contains(folded.as_str()), "{name:?} is a folder too: {entries:?}");
        let name = name.strip_suffix('/').unwrap_or(name);
        assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")), "{name:?}");
        assert!(!name.contains(|c: char| c.is_control() || r#"\<>:"|?*"#.contains(c)), "{name:?}");
        assert!(name.split('/').all(|part| !part.ends_with(['.', ' '])), "{name:?}");
        assert!(name.split('/').all(|part| part.len() <= 255), "{name:?} is too long for a file system");
    }
}

/// Folds a name as systems do that ignore case: letter by letter, so that both small sigmas become the same letter.
fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}
