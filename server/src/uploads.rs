//! Uploads: everything that changes a room and its files together. Rooms and files do not know each other.
//!
//! An upload is *announced*: a place for its bytes is made on the disk, and a row is added to the list of the room. Its
//! chunks are *received*, and the room is told the progress. With the last byte it is *complete*, and soon its SHA-256
//! is in the list, too. Parts can be *joined* into one file. In the end the row is removed, and the bytes are *erased*.
//! After a start, rooms and files are *recovered*: where a crash has left them different, they are made to agree.
//!
//! Two rules about order keep rooms and files consistent even after a crash. The place for the bytes is made before the
//! row, so that a row never promises bytes that are not here. The row is removed before the bytes, so that a crash
//! leaves at most bytes without a row, which the next start erases.

mod announce;
mod close;
mod complete;
mod digests;
mod erase;
mod error;
mod incoming;
mod join;
mod progress;
mod receive;
mod recover;
mod size;
mod thumbnail;

use std::{sync::Arc, time::Duration};

use crate::{files::FileStore, speed::InlineWork};
use digests::DigestRecorder;

pub use announce::{Announcement, announced_as, new_file_id};
pub use error::UploadError;
pub use incoming::IncomingChunk;

/// The limits that uploads must keep.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// The most files of one room.
    pub max_room_files: usize,
    /// The most bytes of all names and texts of one room together.
    pub max_room_text_bytes: usize,
    /// The most bytes of all files of one room together.
    pub max_room_bytes: u64,
    /// How long an upload may bring no bytes before it counts as stopped.
    pub idle: Duration,
}

/// All uploads of this server.
#[derive(Debug)]
pub struct Uploads {
    files: Arc<FileStore>,
    limits: UploadLimits,
    digests: DigestRecorder,
    inline_work: InlineWork,
}

impl Uploads {
    /// Makes uploads that are stored in `files`. Starts the task that records digests; it ends when this is dropped.
    #[must_use]
    pub fn new(files: Arc<FileStore>, limits: UploadLimits) -> Self {
        Self { digests: DigestRecorder::start(Arc::clone(&files)), files, limits, inline_work: InlineWork::default() }
    }
}

#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod tests;
