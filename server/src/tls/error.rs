//! Why there is no certificate that can be used.

use std::{io, path::PathBuf};

/// Each is one line that names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of a certificate or key cannot be read or written.
    #[error("{} cannot be used: {error}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// A file has something else than a certificate in it.
    #[error("{} holds no certificate in PEM format (a text with BEGIN CERTIFICATE)", path.display())]
    NoCertificate {
        /// The path of the file.
        path: PathBuf,
    },
    /// A file has something else than a private key in it.
    #[error("{} holds no private key in PEM format without a password (a text with BEGIN PRIVATE KEY)", path.display())]
    NoKey {
        /// The path of the file.
        path: PathBuf,
    },
    /// The key is of a kind that cannot be used.
    #[error("the key in {} cannot be used: {error}", path.display())]
    UnusableKey {
        /// The path of the key.
        path: PathBuf,
        /// The error of the library.
        error: rustls::Error,
    },
    /// The certificate belongs to another key.
    #[error("the certificate in {} does not belong to the key in {}", certificate.display(), key.display())]
    Mismatch {
        /// The path of the certificate.
        certificate: PathBuf,
        /// The path of the key.
        key: PathBuf,
    },
    /// The time of the certificate is over.
    #[error("the certificate in {} expired on {since}", path.display())]
    Expired {
        /// The path of the certificate.
        path: PathBuf,
        /// Until when it was valid.
        since: String,
    },
    /// The time of the certificate has not come, probably because the clock of this machine is wrong.
    #[error("the certificate in {} is not valid before {from}; is the clock of this machine right?", path.display())]
    NotYetValid {
        /// The path of the certificate.
        path: PathBuf,
        /// From when on it is valid.
        from: String,
    },
    /// The key of the local authority is missing.
    #[error(
        "{} is missing. Bring it back, or remove {} to make a new authority, which every device has to trust anew",
        key.display(),
        certificate.display()
    )]
    NoAuthorityKey {
        /// The path of the missing key.
        key: PathBuf,
        /// The path of the authority's certificate.
        certificate: PathBuf,
    },
    /// A public authority gave no certificate.
    #[error("no certificate comes from {directory}: {reason}")]
    Acme {
        /// The address of the authority's directory.
        directory: String,
        /// What it said, or what went wrong on the way.
        reason: String,
    },
    /// There is no certificate of a public authority that could be revoked.
    #[error("there is no certificate to revoke: {} does not exist", path.display())]
    NothingToRevoke {
        /// The path where it would be.
        path: PathBuf,
    },
    /// A public authority did not revoke a certificate.
    #[error("{directory} did not revoke the certificate: {reason}")]
    NotRevoked {
        /// The address of the authority's directory.
        directory: String,
        /// What it said, or what went wrong on the way.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Signing(#[from] rcgen::Error),
    /// The library cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}
