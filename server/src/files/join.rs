//! Joining: copies several files into a new one, as the concatenation of tus needs it.

use std::{
    fs::{File, OpenOptions},
    io,
    sync::Arc,
};

use app::room::FileId;

use super::{CreateError, FileStore, FinishedFile, StoredFile, SyncMode};
use crate::tasks::blocking;

impl FileStore {
    pub(super) async fn join_parts(&self, id: FileId, parts: &[FileId]) -> Result<FinishedFile, CreateError> {
        let mut sources = Vec::with_capacity(parts.len());
        let mut bytes = 0u64;
        for part in parts {
            let part = self.stored(*part)?;
            bytes = bytes.saturating_add(part.length()?);
            sources.push(part);
        }
        self.create(id, bytes, None).await?;
        let joined = self.stored(id)?;
        // All of it is claimed before it is copied, because until the parts are removed the disk has the bytes twice.
        let copied = match joined.claim.raise(bytes, bytes) {
            Ok(_) => blocking({
                let sync = self.settings.sync;
                move || copy(&sources, &joined, sync)
            })
            .await
            .map_err(CreateError::Disk),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = copied {
            self.remove(id).await?;
            return Err(error);
        }
        Ok(self.finish(id).await?)
    }
}

/// Copies the parts into the new file. The operating system copies from file to file by itself, and the CRC-32 of the
/// whole is combined from those of the parts.
fn copy(parts: &[Arc<StoredFile>], joined: &StoredFile, sync: SyncMode) -> io::Result<()> {
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
    if sync == SyncMode::Always {
        target.sync_data()?;
    }
    joined.publish(length, whole);
    Ok(())
}
