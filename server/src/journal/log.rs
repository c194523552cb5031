//! The log in front of the database: changes that were acknowledged and may not be in the database yet.
//!
//! Changes are added with one write, and survive the end of the process as soon as it returns. They are applied to the
//! database, which syncs, later. A record is [`MARK`], the length and the CRC-32 of its payload (four bytes each, the
//! lowest first) and then the payload, a [`Numbered`] change in the format of postcard.
//!
//! A record that is cut off at the end of the log was never acknowledged. Everything else that is not a whole record is
//! damage. The marks show where the next record begins, so that a damaged one does not take those behind it along.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::entry::Change;

/// The first bytes of each record.
const MARK: [u8; 4] = *b"\xf7SDr";
/// Bytes before the payload of a record.
const HEAD_BYTES: usize = 12;

/// The file of the log.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    /// Where the last whole record ends, in bytes.
    length: u64,
    /// Number of the last change in it.
    last: u64,
}

/// What was in the log when it was opened.
#[derive(Debug)]
pub(super) struct Logged {
    /// The changes of the records that are whole.
    pub(super) changes: Vec<Numbered>,
    /// Whether something else was among them.
    pub(super) is_damaged: bool,
}

/// A change and its number among all changes ever made to this database.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbered<C = Change> {
    pub(super) number: u64,
    pub(super) change: C,
}

impl Log {
    /// Opens or creates the file, and reads its changes.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Logged)> {
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (logged, length) = read(&bytes);
        let last = logged.changes.last().map_or(0, |numbered| numbered.number);
        Ok((Self { file, length: length as u64, last }, logged))
    }

    /// Adds changes, numbered from `first`: all of them or, on an error, none.
    pub(super) fn append(&mut self, first: u64, changes: &[Change]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (number, change) in (first..).zip(changes) {
            let start = bytes.len();
            bytes.extend([0; HEAD_BYTES]);
            bytes = postcard::to_extend(&Numbered { number, change }, bytes).map_err(io::Error::other)?;
            let payload = &bytes[start + HEAD_BYTES..];
            let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
            let crc = crc32fast::hash(payload);
            bytes[start..start + 4].copy_from_slice(&MARK);
            bytes[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
            bytes[start + 8..start + HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
        }
        if let Err(error) = self.file.write_all_at(&bytes, self.length) {
            // A torn record that stayed would count as damage as soon as others follow it.
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

/// A place at which no whole record begins.
enum NoRecord {
    /// A record begins here, and the file ends before it does.
    Cut,
    /// Something was changed.
    Damaged,
}

/// Reads all whole records. Returns them, and where the last of them ends.
fn read(bytes: &[u8]) -> (Logged, usize) {
    let mut logged = Logged { changes: Vec::new(), is_damaged: false };
    let (mut at, mut end) = (0, 0);
    while at < bytes.len() {
        match record(&bytes[at..]) {
            Ok((change, length)) => {
                logged.changes.push(change);
                at += length;
                end = at;
            }
            Err(no_record) => {
                let next = memmem::find_iter(&bytes[at + 1..], &MARK).map(|found| at + 1 + found);
                match next.into_iter().find(|next| record(&bytes[*next..]).is_ok()) {
                    Some(next) => {
                        logged.is_damaged = true;
                        at = next;
                    }
                    None => {
                        logged.is_damaged |= matches!(no_record, NoRecord::Damaged);
                        break;
                    }
                }
            }
        }
    }
    (logged, end)
}

/// The change in the record with which `bytes` begin, and the length of the record in bytes.
fn record(bytes: &[u8]) -> Result<(Numbered, usize), NoRecord> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD_BYTES) else {
        let is_begun = MARK.starts_with(&bytes[..bytes.len().min(MARK.len())]);
        return Err(if is_begun { NoRecord::Cut } else { NoRecord::Damaged });
    };
    let field = |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]);
    if head[..4] != MARK {
        return Err(NoRecord::Damaged);
    }
    let (length, crc) = (usize::try_from(field(4)).map_err(|_| NoRecord::Damaged)?, field(8));
    let Some(payload) = rest.get(..length) else {
        // Of a record that was cut off, the payload is not whole; otherwise it is the length that is wrong.
        return Err(if crc32fast::hash(rest) == crc { NoRecord::Damaged } else { NoRecord::Cut });
    };
    if crc32fast::hash(payload) != crc {
        return Err(NoRecord::Damaged);
    }
    let change = postcard::from_bytes(payload).map_err(|_| NoRecord::Damaged)?;
    Ok((change, HEAD_BYTES + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(path: &Path) -> (Vec<u64>, bool) {
        let logged = Log::open(path).unwrap().1;
        (logged.changes.iter().map(|numbered| numbered.number).collect(), logged.is_damaged)
    }

    fn forget(room: u32) -> Change {
        Change::Forget { room }
    }

    /// A log of three changes, and where its records begin.
    fn three() -> (tempfile::TempDir, std::path::PathBuf, Vec<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Log::open(&path).unwrap().0.append(1, &[forget(1), forget(2), forget(3)]).unwrap();
        let starts = memmem::find_iter(&std::fs::read(&path).unwrap(), &MARK).collect();
        (folder, path, starts)
    }

    #[test]
    fn changes_are_there_again_until_the_log_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (mut log, logged) = Log::open(&path).unwrap();
        assert!(logged.changes.is_empty());
        log.append(5, &[forget(1), forget(2)]).unwrap();
        log.append(7, &[forget(3)]).unwrap();
        assert_eq!(numbers(&path), (vec![5, 6, 7], false));
        log.clear(6).unwrap();
        assert_eq!(numbers(&path), (vec![5, 6, 7], false));
        log.clear(7).unwrap();
        assert_eq!((numbers(&path), log.length()), ((vec![], false), 0));
    }

    #[test]
    fn a_record_that_is_cut_off_ends_the_log_and_is_no_damage() {
        let (_folder, path, starts) = three();
        let whole = std::fs::read(&path).unwrap();
        for end in starts[2]..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(numbers(&path), (vec![1, 2], false), "{end}");
        }
        let (mut log, _) = Log::open(&path).unwrap();
        log.append(3, &[forget(4)]).unwrap();
        assert_eq!(numbers(&path), (vec![1, 2, 3], false));
    }

    #[test]
    fn a_byte_that_was_changed_costs_one_record_and_is_noticed() {
        let (_folder, path, starts) = three();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let hit = starts.iter().filter(|start| **start <= at).count() as u64;
            let others: Vec<u64> = (1..=3).filter(|number| *number != hit).collect();
            assert_eq!(numbers(&path), (others, true), "{at}");
        }
    }

    #[test]
    fn a_piece_that_is_missing_in_the_middle_costs_only_the_records_that_it_was_in() {
        let (_folder, path, starts) = three();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.drain(starts[1] - 1..starts[1] + 1);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(numbers(&path), (vec![3], true));
    }
}
