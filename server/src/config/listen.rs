//! Where the server listens.

use std::{
    fmt,
    net::{AddrParseError, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

/// What an address that names a socket file begins with.
const UNIX: &str = "unix:";

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// An address and a port, such as `0.0.0.0:3000`.
    Network(SocketAddr),
    /// A socket file, such as `unix:/run/snapdrop/http.sock`.
    Unix(PathBuf),
}

impl FromStr for ListenAddress {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text.strip_prefix(UNIX).filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Network),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "{UNIX}{}", path.display()),
        }
    }
}
