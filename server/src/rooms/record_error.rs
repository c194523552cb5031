//! The error of recording.

use crate::journal::JournalError;

/// Why nothing was recorded. The room is unchanged then.
#[derive(Debug, thiserror::Error)]
pub enum RecordError<R = std::convert::Infallible> {
    /// The room is closed.
    #[error("the room is closed")]
    Closed,
    /// The journal could not write the events.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The decision was not to record anything, for this reason.
    #[error("refused")]
    Refused(R),
}
