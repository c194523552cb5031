//! The errors of the journal.

/// Why the journal could not be opened, or could not write an event or erase a room.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the database open.
    #[error("the database {0} is in use by another process")]
    Locked(String),
    /// The database was written by an earlier version of the program, which did not encrypt it.
    #[error("the database {0} is of an earlier version: close its rooms with that version, or move the data folder away")]
    OldFormat(String),
    /// The file of the database cannot be opened, for this reason.
    #[error("the database {0} cannot be read: {1}. Bring a copy of it back, or move the data folder away to begin without its rooms")]
    Unreadable(String, String),
    /// The database is damaged so much that no room can be read from it.
    #[error("the database {0} is damaged: bring a copy of it back, or move the data folder away to begin without its rooms")]
    Damaged(String),
    /// There are rooms in the database, and no keys with which they could be read.
    #[error("the keys of the rooms are missing: bring snapdrop.keys back, or move the data folder away to begin without the rooms")]
    NoKeys,
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
