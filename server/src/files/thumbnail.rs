//! Thumbnails: small pictures of files, each stored beside the file that it shows.
//!
//! A thumbnail is erased before its file, and the next start erases one that has no file. Thumbnails count among the bytes
//! of all files, but not among those of their room: whether a file fits into the room must not depend on a picture that
//! its sender's browser may or may not have made.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use app::room::FileId;
use bytes::Bytes;

use super::{CreateError, StoredFile, SyncMode, create::sync_entry};
use crate::locks::lock;

/// The extension that the name of a thumbnail adds to that of its file.
const ENDING: &str = "thumbnail";
/// The extension of a thumbnail that is not completely written yet.
const UNFINISHED: &str = "new-thumbnail";

/// A small picture in WebP, JPEG or PNG. Only its length and its first bytes have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    bytes: Bytes,
    media_type: &'static str,
}

/// Why bytes are not accepted as a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidThumbnail {
    /// There are more than [`Thumbnail::MAX_BYTES`] bytes.
    #[error("a thumbnail has at most {} bytes", Thumbnail::MAX_BYTES)]
    TooLarge,
    /// The bytes do not begin like WebP, JPEG or PNG.
    #[error("a thumbnail is a picture in WebP, JPEG or PNG")]
    NoPicture,
}

impl Thumbnail {
    /// The most bytes that a thumbnail may have.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// Accepts bytes as a thumbnail if they begin like a picture and are not too many.
    ///
    /// # Errors
    /// [`InvalidThumbnail`].
    pub fn parse(bytes: Bytes) -> Result<Self, InvalidThumbnail> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(InvalidThumbnail::TooLarge);
        }
        let media_type = match &bytes[..] {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            _ => return Err(InvalidThumbnail::NoPicture),
        };
        Ok(Self { bytes, media_type })
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// Its bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl StoredFile {
    /// Stores a thumbnail beside the file, completely or not at all. Blocks the thread.
    pub(super) fn keep_thumbnail(&self, picture: &Thumbnail, sync: SyncMode) -> Result<(), CreateError> {
        let mut claim = lock(&self.thumbnail);
        // A file is marked as removed before its thumbnail is erased under this lock. So when this check succeeds, a
        // thumbnail that is written now will still be erased with its file.
        self.length()?;
        let bytes = picture.bytes.len() as u64;
        // The thumbnail that it replaces is still there until then.
        let of_new = self.claim.beside(bytes)?;
        let unfinished = beside(&self.path, UNFINISHED);
        let finished = beside(&self.path, ENDING);
        let kept = write(&unfinished, &picture.bytes, sync)
            .and_then(|()| std::fs::rename(&unfinished, &finished))
            .and_then(|()| sync_entry(&finished, sync));
        if kept.is_err() {
            #[expect(clippy::let_underscore_must_use, reason = "the next start erases the unfinished thumbnail if this fails")]
            let _ = std::fs::remove_file(unfinished);
            return Ok(kept?);
        }
        of_new.fill(bytes);
        *claim = Some(of_new);
        Ok(())
    }

    /// Erases the thumbnail, if there is one. Blocks the thread.
    pub(super) fn erase_thumbnail(&self) -> io::Result<()> {
        let mut claim = lock(&self.thumbnail);
        match std::fs::remove_file(beside(&self.path, ENDING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => {
                *claim = None;
                Ok(())
            }
        }
    }
}

/// How many bytes the thumbnail of the file at this path has, if there is one.
pub(super) fn length_beside(file: &Path) -> Option<u64> {
    std::fs::metadata(beside(file, ENDING)).ok().map(|found| found.len())
}

/// Reads the thumbnail of the file at this path. Blocks the thread.
///
/// # Errors
/// The error of the file system; `NotFound` when there is no thumbnail, or none that can be shown.
pub(super) fn read(file: &Path) -> io::Result<Thumbnail> {
    let bytes = std::fs::read(beside(file, ENDING))?;
    Thumbnail::parse(bytes.into()).map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))
}

/// Erases thumbnails that have no file, and those that were not completely written. This is called at the start.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.file_stem().and_then(OsStr::to_str).is_some_and(|name| name.parse::<FileId>().is_ok());
        let is_stale = match path.extension().and_then(OsStr::to_str) {
            Some(UNFINISHED) => true,
            Some(ENDING) => !path.with_extension("").exists(),
            _ => false,
        };
        if is_ours && is_stale {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    file.with_extension(ending)
}

fn write(path: &Path, bytes: &[u8], sync: SyncMode) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    if sync == SyncMode::Always { file.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        let kind = |bytes: &[u8]| Thumbnail::parse(Bytes::copy_from_slice(bytes)).map(|picture| picture.media_type());
        assert_eq!(kind(b"RIFF\x10\0\0\0WEBPVP8 "), Ok("image/webp"));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0"), Ok("image/png"));
        for other in
            [&b""[..], b"RIFF\x10\0\0\0WAVE", b"RIFF", b"\xff\xd8", b"\x89PNG", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
        {
            assert_eq!(kind(other), Err(InvalidThumbnail::NoPicture), "{other:?}");
        }
    }

    #[test]
    fn a_picture_is_small() {
        let picture = |length: usize| {
            let mut bytes = vec![0; length];
            bytes[..3].copy_from_slice(b"\xff\xd8\xff");
            Thumbnail::parse(bytes.into()).map(|picture| picture.into_bytes().len())
        };
        assert_eq!(picture(32 * 1024), Ok(32 * 1024));
        assert_eq!(picture(32 * 1024 + 1), Err(InvalidThumbnail::TooLarge));
    }
}
