//! The log in front of the database: changes that were acknowledged and may not be in the database yet.
//!
//! Changes are added with one write, and survive the end of the process as soon as it returns. They are applied to the
//! database, which syncs, later. A record is the length and the CRC-32 of its payload (four bytes each, the lowest
//! first) and then the payload, a [`Numbered`] change as JSON. A record that is torn at the end of the log was never
//! acknowledged.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::entry::Change;

/// Bytes before the payload of a record.
const HEAD_BYTES: usize = 8;

/// The file of the log.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    /// Where the last whole record ends, in bytes.
    length: u64,
    /// Number of the last change in it.
    last: u64,
}

/// A change and its number among all changes ever made to this database.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbered<C = Change> {
    pub(super) number: u64,
    pub(super) change: C,
}

impl Log {
    /// Opens or creates the file, and reads its changes up to the first record that is not whole.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<Numbered>)> {
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut changes = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some((change, following)) = record(rest) {
            changes.push(change);
            rest = following;
        }
        let length = (bytes.len() - rest.len()) as u64;
        let last = changes.last().map_or(0, |numbered| numbered.number);
        Ok((Self { file, length, last }, changes))
    }

    /// Adds changes, numbered from `first`: all of them or, on an error, none.
    pub(super) fn append(&mut self, first: u64, changes: &[Change]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (number, change) in (first..).zip(changes) {
            let start = bytes.len();
            bytes.extend([0; HEAD_BYTES]);
            serde_json::to_writer(&mut bytes, &Numbered { number, change })?;
            let payload = &bytes[start + HEAD_BYTES..];
            let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
            let crc = crc32fast::hash(payload);
            bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
            bytes[start + 4..start + HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
        }
        if let Err(error) = self.file.write_all_at(&bytes, self.length) {
            // Reading stops at a torn record, so one that stayed would hide the records behind it.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.last = first + changes.len() as u64 - 1;
        Ok(())
    }

    /// Empties the file if it has no change after number `number`.
    pub(super) fn clear(&mut self, number: u64) -> io::Result<()> {
        if self.last <= number {
            self.file.set_len(0)?;
            self.length = 0;
        }
        Ok(())
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

/// Returns the change in the first record, if that is whole, and the bytes that follow it.
fn record(bytes: &[u8]) -> Option<(Numbered, &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let (length, crc) = head.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?);
    let (payload, following) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    if crc32fast::hash(payload).to_le_bytes() != crc {
        return None;
    }
    Some((serde_json::from_slice(payload).ok()?, following))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forget(digits: &str) -> Change {
        Change::Forget { pin: digits.parse().unwrap() }
    }

    fn numbers(path: &Path) -> Vec<u64> {
        Log::open(path).unwrap().1.iter().map(|numbered| numbered.number).collect()
    }

    #[test]
    fn changes_are_there_again_until_the_log_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (mut log, changes) = Log::open(&path).unwrap();
        assert!(changes.is_empty());
        log.append(5, &[forget("1111"), forget("2222")]).unwrap();
        log.append(7, &[forget("3333")]).unwrap();
        assert_eq!(numbers(&path), [5, 6, 7]);
        log.clear(6).unwrap();
        assert_eq!(numbers(&path), [5, 6, 7]);
        log.clear(7).unwrap();
        assert_eq!((numbers(&path), log.length()), (vec![], 0));
    }

    #[test]
    fn a_record_that_is_torn_or_spoilt_ends_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Log::open(&path).unwrap().0.append(1, &[forget("1111"), forget("2222")]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in [whole.len() - 1, whole.len() / 2 + 3] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(numbers(&path), [1], "{cut}");
        }
        let mut spoilt = whole.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &spoilt).unwrap();
        let (mut log, _) = Log::open(&path).unwrap();
        log.append(2, &[forget("4444")]).unwrap();
        assert_eq!(numbers(&path), [1, 2]);
    }
}
