//! Bytes on disk that have not been verified yet.
//!
//! A chunk with a checksum is appended to its file while it arrives, so that it need not be kept in memory, but it
//! counts only once its checksum has been verified. Until then a note beside the file holds the offset at which the
//! chunk begins. When a start finds such a note, as after a crash, it cuts the file off at that offset. So the length
//! on disk stays the offset of the upload.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{SyncMode, create::sync_entry};

/// The extension that the name of a note adds to that of its file.
const ENDING: &str = "unverified";

/// The note of one running chunk. When the chunk is neither accepted nor rejected, as after a crash, the note stays on
/// disk, and the next start cuts the file off at the offset in it.
#[derive(Debug)]
pub(super) struct Unverified {
    file: PathBuf,
    note: PathBuf,
    offset: u64,
}

impl Unverified {
    /// Writes the note that says that the bytes after `offset` are not verified. With [`SyncMode::Always`], the note is on
    /// the disk when this returns, so that no power cut can leave unverified bytes without it.
    pub(super) fn begin(file: &Path, offset: u64, sync: SyncMode) -> io::Result<Self> {
        let note = file.with_extension(ENDING);
        let mut text = File::create(&note)?;
        text.write_all(offset.to_string().as_bytes())?;
        if sync == SyncMode::Always {
            text.sync_all()?;
        }
        sync_entry(&note, sync)?;
        Ok(Self { file: file.to_owned(), note, offset })
    }

    /// Accepts the chunk: its bytes stay, and the note is removed. With [`SyncMode::Always`], the note is gone from the
    /// disk when this returns, so that the start after a power cut does not cut off an acknowledged chunk.
    pub(super) fn accept(self, sync: SyncMode) -> io::Result<()> {
        std::fs::remove_file(&self.note)?;
        sync_entry(&self.note, sync)
    }

    /// Rejects the chunk: the file is cut off where the chunk begins, and the note is removed.
    pub(super) fn reject(self) -> io::Result<()> {
        OpenOptions::new().write(true).open(&self.file)?.set_len(self.offset)?;
        std::fs::remove_file(self.note)
    }
}

/// Cuts off the unverified bytes of every file. This is called at the start.
pub(super) fn cut_off(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let note = entry?.path();
        if note.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let file = note.with_extension("");
        // A note without a number was not completely written. Its chunk was not begun then, because the note comes
        // first.
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
