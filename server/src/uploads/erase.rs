//! Erasing: removes a file from the list, and then its bytes from the disk.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use app::room::{FileEntry, FileId, FileState, Room, RoomEvent};

use super::{UploadError, Uploads};
use crate::{rooms::RoomHandle, tasks::detached};

impl Uploads {
    /// Removes the row of a file, and then its bytes.
    ///
    /// # Errors
    /// [`UploadError`]. When only the bytes could not be erased, they have no row any more, and the next start erases
    /// them.
    pub async fn erase(&self, room: &RoomHandle, id: FileId) -> Result<(), UploadError> {
        self.erase_if(room, id, |_, _| true).await
    }

    /// Gives up the unfinished uploads of a room, and its parts, to which nothing was added for a while: after
    /// `claim_ttl` the space that is claimed for their next bytes, and after `ttl` they are erased.
    pub async fn give_up_idle(&self, room: &RoomHandle, ttl: Duration, claim_ttl: Duration) {
        let unfinished: Vec<FileId> =
            room.read(|room| room.uploads().filter(|file| is_unfinished(room, file)).map(|file| file.id).collect());
        let now = SystemTime::now();
        for id in unfinished {
            // A file that is not here any more has no claim, and is erased elsewhere.
            let Ok(touched) = self.files.touched_at(id) else { continue };
            let given_up = match touched {
                _ if touched + ttl <= now => self.erase_if(room, id, is_unfinished).await,
                _ if touched + claim_ttl <= now => {
                    self.files.unclaim(id);
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(UploadError::Disk(error)) = given_up {
                tracing::error!(file.id = %id, %error, "an abandoned upload could not be erased");
            }
        }
    }

    /// Erases a file if `may_go` agrees while nobody else can change the room. The work is finished even when the
    /// caller is dropped, so that no bytes are left without a row.
    async fn erase_if(&self, room: &RoomHandle, id: FileId, may_go: fn(&Room, &FileEntry) -> bool) -> Result<(), UploadError> {
        let (files, room) = (Arc::clone(&self.files), room.clone());
        detached(async move {
            room.record(|room| {
                let file = room.upload(id).filter(|file| may_go(room, file));
                file.map(|_| RoomEvent::FileRemoved { id }).ok_or(UploadError::NoSuchFile)
            })
            .await?;
            Ok(files.remove(id).await?)
        })
        .await
    }
}

/// Whether something is still to come: bytes of the upload, or the other parts that it is joined with.
fn is_unfinished(room: &Room, file: &FileEntry) -> bool {
    file.state != FileState::Complete || room.is_part(file.id)
}
