//! The file that keeps the PINs of rooms that were closed lately, over a restart of the server.
//!
//! A search of the disk finds nothing of a closed room, and not its PIN either: the file has a mark of it, which is made with
//! a key. The file begins with that key of 32 bytes. Records of 16 bytes follow: the mark, and when the room was closed, in
//! milliseconds since 1970, both as little-endian numbers.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use app::room::Pin;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

const KEY_BYTES: usize = 32;
const RECORD_BYTES: usize = 16;
/// The permissions of the file: only the server may read it.
const MODE: u32 = 0o600;

/// What stands for a PIN. Two PINs never have the same one, except by a chance of one in 2^64.
pub(super) type Mark = u64;

/// The key with which marks are made.
#[derive(Clone, Copy)]
pub(super) struct MarkKey([u8; KEY_BYTES]);

/// The open file.
#[derive(Debug)]
pub(super) struct ClosedFile {
    path: PathBuf,
    file: File,
    key: MarkKey,
    records: usize,
}

impl std::fmt::Debug for MarkKey {
    // The key is left out, because with it every PIN could be tried.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarkKey").finish_non_exhaustive()
    }
}

impl MarkKey {
    /// A new key.
    pub(super) fn random() -> Self {
        Self(rand::rng().random())
    }

    /// The mark of a PIN.
    pub(super) fn mark(self, pin: &Pin) -> Mark {
        let digest: [u8; 32] = Sha256::new().chain_update(self.0).chain_update(pin.as_str()).finalize().into();
        Mark::from_le_bytes(*digest.first_chunk().expect("a digest has more bytes"))
    }
}

impl ClosedFile {
    /// Opens or creates the file. Returns it with the records that are not older than `oldest_ms`; the others are removed.
    /// What a write left unfinished is ignored.
    ///
    /// # Errors
    /// The error of the file system.
    pub(super) fn open(path: &Path, oldest_ms: u64) -> io::Result<(Self, Vec<(Mark, u64)>)> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let (key, records) = match bytes.split_first_chunk() {
            Some((key, records)) => (MarkKey(*key), records),
            None => (MarkKey::random(), &[][..]),
        };
        let numbers = |record: &[u8; RECORD_BYTES]| {
            let [mark, closed_at_ms] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|index| record[at + index])));
            (mark, closed_at_ms)
        };
        let kept: Vec<(Mark, u64)> = records.as_chunks().0.iter().map(numbers).filter(|(_, at_ms)| *at_ms >= oldest_ms).collect();
        if bytes.len() == KEY_BYTES + kept.len() * RECORD_BYTES {
            return Ok((Self::resume(path, key, kept.len())?, kept));
        }
        let file = Self::write(path, key, &kept).or_else(|error| match bytes.len().checked_sub(KEY_BYTES) {
            // On a full disk, the old records stay in the file.
            Some(records) => Self::resume(path, key, records / RECORD_BYTES),
            None => Err(error),
        })?;
        Ok((file, kept))
    }

    /// Goes on with a file that has so many records, and cuts off what follows them.
    fn resume(path: &Path, key: MarkKey, records: usize) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.set_len((KEY_BYTES + records * RECORD_BYTES) as u64)?;
        Ok(Self { path: path.to_owned(), file, key, records })
    }

    /// The key of the file.
    pub(super) fn key(&self) -> MarkKey {
        self.key
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.records
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The error of the file system.
    pub(super) fn add(&mut self, mark: Mark, closed_at_ms: u64) -> io::Result<()> {
        self.file.write_all(&record(mark, closed_at_ms))?;
        self.records += 1;
        Ok(())
    }

    /// Replaces the records by these.
    ///
    /// # Errors
    /// The error of the file system; the file is as it was then.
    pub(super) fn replace(&mut self, records: &[(Mark, u64)]) -> io::Result<()> {
        *self = Self::write(&self.path, self.key, records)?;
        Ok(())
    }

    /// Writes the file anew, completely or not at all.
    fn write(path: &Path, key: MarkKey, records: &[(Mark, u64)]) -> io::Result<Self> {
        let unfinished = path.with_extension("closed-new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(MODE).open(&unfinished)?;
        let records_bytes = records.iter().flat_map(|(mark, closed_at_ms)| record(*mark, *closed_at_ms));
        file.write_all(&key.0.into_iter().chain(records_bytes).collect::<Vec<u8>>())?;
        std::fs::rename(&unfinished, path)?;
        Ok(Self { path: path.to_owned(), file, key, records: records.len() })
    }
}

fn record(mark: Mark, closed_at_ms: u64) -> [u8; RECORD_BYTES] {
    let numbers = [mark.to_le_bytes(), closed_at_ms.to_le_bytes()];
    std::array::from_fn(|index| numbers[index / 8][index % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_with_the_same_key_until_they_are_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapdrop.closed");
        let (mut file, none) = ClosedFile::open(&path, 0).unwrap();
        assert_eq!(none, []);
        let mark = file.key().mark(&"482913".parse().unwrap());
        file.add(mark, 7).unwrap();
        file.add(1, 9).unwrap();

        // A process was killed while it wrote a record.
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(&[1, 2, 3]).unwrap();
        let (mut file, kept) = ClosedFile::open(&path, 7).unwrap();
        assert_eq!((kept, file.key().mark(&"482913".parse().unwrap())), (vec![(mark, 7), (1, 9)], mark));
        file.add(2, 10).unwrap();
        let (mut file, kept) = ClosedFile::open(&path, 8).unwrap();
        assert_eq!(kept, [(1, 9), (2, 10)]);
        file.replace(&[(2, 10)]).unwrap();
        file.add(3, 11).unwrap();
        assert_eq!(ClosedFile::open(&path, 0).unwrap().1, [(2, 10), (3, 11)]);
    }

    #[test]
    fn a_file_that_cannot_be_written_anew_keeps_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapdrop.closed");
        let (mut file, _) = ClosedFile::open(&path, 0).unwrap();
        file.add(1, 9).unwrap();
        file.add(2, 10).unwrap();
        // A folder is in the place of the file that would become the new one.
        std::fs::create_dir(path.with_extension("closed-new")).unwrap();
        let (mut file, kept) = ClosedFile::open(&path, 10).unwrap();
        assert_eq!(kept, [(2, 10)]);
        file.add(3, 11).unwrap();
        assert_eq!(ClosedFile::open(&path, 0).unwrap().1, [(1, 9), (2, 10), (3, 11)]);
    }

    #[test]
    fn a_mark_says_nothing_without_the_key() {
        let pin: Pin = "482913".parse().unwrap();
        assert_ne!(MarkKey::random().mark(&pin), MarkKey::random().mark(&pin));
    }
}
