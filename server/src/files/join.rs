//! Joining: several files become one.

use std::{
    fs::{File, OpenOptions},
    io,
    sync::Arc,
};

use app::room::FileId;

use super::{CreateError, FileStore, FinishedFile, StoredFile, Sync, in_background};

impl FileStore {
    /// Makes a new file of complete ones, in this order. They stay as they are, so that nothing is lost
    /// whatever happens on the way; the caller removes them once the new one is known.
    ///
    /// # Errors
    /// [`CreateError`]; there is no new file then.
    pub async fn join(&self, id: FileId, parts: &[FileId]) -> Result<FinishedFile, CreateError> {
        let mut sources = Vec::with_capacity(parts.len());
        for part in parts {
            sources.push(self.stored(*part)?);
        }
        // The room that its bytes take was promised to the parts, whose place it takes.
        self.create(id, 0).await?;
        let joined = self.stored(id)?;
        let sync = self.settings.sync;
        let copied = in_background(move || copy(&sources, &joined, sync)).await;
        if let Err(error) = copied {
            self.remove(id).await?;
            return Err(error.into());
        }
        Ok(self.finish(id).await?)
    }
}

/// The system copies from file to file by itself, and the CRC-32 of the whole follows from the parts'.
fn copy(parts: &[Arc<StoredFile>], joined: &StoredFile, sync: Sync) -> io::Result<()> {
    let mut target = OpenOptions::new().write(true).open(&joined.path)?;
    let mut whole = crc32fast::Hasher::new();
    let mut length = 0;
    for part in parts {
        let bytes = part.length()?;
        let copied = io::copy(&mut io::Read::take(File::open(&part.path)?, bytes), &mut target)?;
        if copied != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        whole.combine(&part.crc_of_first(bytes)?);
        length += bytes;
    }
    if sync == Sync::Always {
        target.sync_data()?;
    }
    joined.publish(length, whole);
    Ok(())
}
