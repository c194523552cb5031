//! Bytes on disk that were not verified yet.
//!
//! A chunk with a checksum is written where it belongs while it arrives, but counts only once its sum is
//! right. Until then a note beside the file says where it begins; whoever finds the note after a crash
//! cuts the file off there. So the length on disk stays the offset, and memory stays flat.

use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
};

/// What the note is called: the file's name and this.
const ENDING: &str = "unverified";

/// The note of one running chunk. Dropped without a word it stays, and with it the doubt.
#[derive(Debug)]
pub(super) struct Unverified {
    file: PathBuf,
    note: PathBuf,
    offset: u64,
}

impl Unverified {
    /// Notes that what follows `offset` is not verified.
    pub(super) fn begin(file: &Path, offset: u64) -> io::Result<Self> {
        let note = file.with_extension(ENDING);
        std::fs::write(&note, offset.to_string())?;
        Ok(Self { file: file.to_owned(), note, offset })
    }

    /// The chunk is what it should be.
    pub(super) fn accept(self) -> io::Result<()> {
        std::fs::remove_file(self.note)
    }

    /// The chunk goes as it came.
    pub(super) fn reject(self) -> io::Result<()> {
        OpenOptions::new().write(true).open(&self.file)?.set_len(self.offset)?;
        std::fs::remove_file(self.note)
    }
}

/// After a start: ends every file where its last verified byte is.
pub(super) fn cut_off(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let note = entry?.path();
        if note.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let file = note.with_extension("");
        // A note without a number was about to be written: not a byte of its chunk was.
        if let (Ok(offset), true) = (std::fs::read_to_string(&note)?.parse::<u64>(), file.exists()) {
            let file = OpenOptions::new().write(true).open(file)?;
            if file.metadata()?.len() > offset {
                file.set_len(offset)?;
            }
        }
        std::fs::remove_file(note)?;
    }
    Ok(())
}
