//! The errors that keep the server from running.

use std::{io, path::PathBuf};

use crate::{journal::JournalError, tls::TlsError};

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be created or written.
    #[error("the data folder {} cannot be used: {error}", folder.display())]
    Folder {
        /// The path of the data folder.
        folder: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// There are files or keys of rooms in the data folder, and the database that knows them is missing or empty.
    #[error(
        "{} is missing, but what is in {} belongs to it. Bring it back, or move that away, too, to begin without it",
        database.display(),
        beside.display()
    )]
    NoDatabase {
        /// The path of the database.
        database: PathBuf,
        /// The path of the folder of the files, or of the file of the keys.
        beside: PathBuf,
    },
    /// There is no certificate that can be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Flags do not go together. The command line finds this earlier.
    #[error("{0}")]
    Flags(String),
    /// The database cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal and the files in the data folder cannot be made to agree; the text says why.
    #[error("the data folder cannot be recovered: {0}")]
    Recovery(String),
    /// A socket of the server failed.
    #[error("the server's socket failed: {0}")]
    Socket(#[from] io::Error),
}
