//! Small pictures of files, each beside the file that it shows.
//!
//! A picture is erased before its file, and one that belongs to nothing by the next start. It counts in no quota:
//! there is at most one to a file, and it has its own limit.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use app::room::FileId;
use bytes::Bytes;

use super::{FileStore, StoredFile, Sync, in_background};

/// What a picture is called: its file's name and this.
const ENDING: &str = "thumbnail";
/// What it is called until all of it is there.
const UNFINISHED: &str = "new-thumbnail";

/// A small picture: a few kilobytes of WebP, JPEG or PNG, as far as its first bytes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    bytes: Bytes,
    media_type: &'static str,
}

/// Why bytes are no small picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidThumbnail {
    /// More than a small picture needs.
    #[error("a thumbnail has at most {} bytes", Thumbnail::MAX_BYTES)]
    TooLarge,
    /// Something else.
    #[error("a thumbnail is a picture in WebP, JPEG or PNG")]
    NoPicture,
}

impl Thumbnail {
    /// The most bytes of one.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// Takes bytes for a picture if they begin like one.
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

    /// What it is.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// All of it.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl FileStore {
    /// Keeps a picture beside its file, instead of one that may be there.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn keep_thumbnail(&self, id: FileId, picture: Thumbnail) -> io::Result<()> {
        let file = self.stored(id)?;
        let sync = self.settings.sync;
        in_background(move || file.keep_thumbnail(&picture.bytes, sync)).await
    }

    /// The picture of a file.
    ///
    /// # Errors
    /// What the file system says; `NotFound` when there is none, or none that can be shown.
    pub async fn thumbnail(&self, id: FileId) -> io::Result<Thumbnail> {
        let path = beside(&self.path(id), ENDING);
        let bytes = in_background(move || std::fs::read(path)).await?;
        Thumbnail::parse(bytes.into()).map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))
    }

    /// Erases the picture of a file, if there is one.
    ///
    /// # Errors
    /// What the file system says; `NotFound` for a file that is not here.
    pub async fn erase_thumbnail(&self, id: FileId) -> io::Result<()> {
        let file = self.stored(id)?;
        in_background(move || file.erase_thumbnail()).await
    }
}

impl StoredFile {
    /// Takes the file off the disk, and its picture before it. Blocks.
    pub(super) fn erase(&self) -> io::Result<()> {
        self.erase_thumbnail()?;
        std::fs::remove_file(&self.path)
    }

    /// All of the picture, or none of it.
    fn keep_thumbnail(&self, bytes: &[u8], sync: Sync) -> io::Result<()> {
        let _alone = self.thumbnail.lock().expect("no holder panics");
        // One that is removed says so before it asks for the lock, so that nothing is put beside it afterwards.
        self.length()?;
        let unfinished = beside(&self.path, UNFINISHED);
        let kept = write(&unfinished, bytes, sync).and_then(|()| std::fs::rename(&unfinished, beside(&self.path, ENDING)));
        if kept.is_err() {
            // The next start finds it otherwise.
            drop(std::fs::remove_file(unfinished));
        }
        kept
    }

    fn erase_thumbnail(&self) -> io::Result<()> {
        let _alone = self.thumbnail.lock().expect("no holder panics");
        match std::fs::remove_file(beside(&self.path, ENDING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// After a start: erases pictures of files that are not here, and those that were not finished.
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

fn write(path: &Path, bytes: &[u8], sync: Sync) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    if sync == Sync::Always { file.sync_all() } else { Ok(()) }
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
