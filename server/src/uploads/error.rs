//! The error type of everything that is done with an upload.

use std::{io, time::Duration};

use crate::{
    files::{AppendError, CreateError},
    journal::JournalError,
    rooms::{RecordError, TooFast},
};

/// Why something could not be done with an upload.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The room has no such file, or it was removed.
    #[error("there is no such file in the room")]
    NoSuchFile,
    /// The room is closed.
    #[error("the room is closed")]
    RoomClosed,
    /// The file is larger than a file may be: this many bytes.
    #[error("a file has at most {0} bytes")]
    FileTooLarge(u64),
    /// The file does not fit into the room, which has this many bytes left.
    #[error("{0} bytes are left in the room")]
    RoomFull(u64),
    /// The room has this many files, which is the most.
    #[error("the room has {0} files")]
    TooManyFiles(usize),
    /// Files are added to the room too fast: the next one is taken after this time.
    #[error("files are added too fast")]
    TooFast(Duration),
    /// A file was announced with the same key before.
    #[error("the file was announced before")]
    AlreadyAnnounced,
    /// All names and texts of the room together would have more bytes than this.
    #[error("the room has at most {0} bytes of names and texts")]
    TooMuchText(usize),
    /// Another length was declared for the file before: this many bytes.
    #[error("the file was declared to have {0} bytes")]
    OtherSize(u64),
    /// The file was joined from parts, so that no bytes can be added to it.
    #[error("the file was joined from parts")]
    Joined,
    /// The upload was not announced as a part, so that it cannot be joined.
    #[error("the upload is not a part")]
    NotAPart,
    /// One of the parts to join is not complete.
    #[error("a part is not complete")]
    PartUnfinished,
    /// The file could not be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The chunk could not be received.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The event could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl<R: Into<Self>> From<RecordError<R>> for UploadError {
    fn from(error: RecordError<R>) -> Self {
        match error {
            RecordError::Closed => Self::RoomClosed,
            RecordError::Journal(error) => error.into(),
            RecordError::Refused(reason) => reason.into(),
        }
    }
}

impl From<TooFast> for UploadError {
    fn from(TooFast(wait): TooFast) -> Self {
        Self::TooFast(wait)
    }
}

impl From<std::convert::Infallible> for UploadError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
