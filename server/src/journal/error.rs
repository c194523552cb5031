//! The errors of the journal.

/// Why the journal could not be opened, or could not write an event or erase a room.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the database open.
    #[error("the database {0} is in use by another process")]
    Locked(String),
    /// The revision of the event does not directly follow the last one written: the event that it was decided on was
    /// not written.
    #[error("the event does not follow the last one written")]
    Overtaken,
    /// The database or the disk under it failed.
    #[error("the database failed: {0}")]
    Database(String),
    /// The disk is full, or its quota is exceeded.
    #[error("the disk is full")]
    NoSpace,
    /// The journal is closed.
    #[error("the journal is closed")]
    Stopped,
}
