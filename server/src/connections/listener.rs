//! Where connections come from: the network, or programs on this machine through a socket file.

use std::{
    fs::{self, Permissions},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::either::Either;

use crate::config::ListenAddress;

/// A connection of either kind.
pub(super) type Connection = Either<TcpStream, UnixStream>;

/// The address that stands for whoever connects through a socket file. The configuration trusts it as a proxy.
const THIS_MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Every program of this machine may connect to a socket file, as to a port. Whoever wants to limit that puts the file into a folder
/// that not everybody may open.
const MODE: u32 = 0o666;

/// How long a program may take to accept a connection that finds out whether there is one. One that has more to do than that is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bound address.
#[derive(Debug)]
pub enum Listener {
    /// In the network.
    Network(TcpListener),
    /// A file through which programs of this machine connect.
    Unix(SocketFile),
}

/// A socket file. Dropping it removes the file, unless it is another program's by now.
#[derive(Debug)]
pub struct SocketFile {
    listener: UnixListener,
    path: PathBuf,
    /// The device and the number of the file, by which it is known.
    identity: Option<(u64, u64)>,
}

impl Listener {
    /// Binds an address. A socket file that no program listens on is replaced: it was left behind by one that was killed.
    ///
    /// # Errors
    /// The system's, also when something else is at the path.
    pub async fn bind(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Network(address) => Ok(Self::Network(TcpListener::bind(address).await?)),
            ListenAddress::Unix(path) => {
                remove_abandoned(path).await?;
                let listener = UnixListener::bind(path)?;
                let file = SocketFile { listener, path: path.clone(), identity: identity(path) };
                fs::set_permissions(path, Permissions::from_mode(MODE))?;
                Ok(Self::Unix(file))
            }
        }
    }

    /// The address in the network; `None` for a socket file.
    ///
    /// # Errors
    /// The system's.
    pub fn network_address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Network(listener) => listener.local_addr().map(Some),
            Self::Unix(_) => Ok(None),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Connection, SocketAddr)> {
        match self {
            Self::Network(listener) => {
                let (stream, peer) = listener.accept().await?;
                // With Nagle's algorithm, a small message would wait until the one before it is acknowledged.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps Nagle's algorithm");
                }
                Ok((Either::Left(stream), peer))
            }
            Self::Unix(file) => {
                let (stream, _) = file.listener.accept().await?;
                Ok((Either::Right(stream), THIS_MACHINE))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Network(listener)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.identity == identity(&self.path)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(%error, "the socket file stays");
        }
    }
}

/// The device and the number of the file at a path; `None` if there is none.
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Removes a socket file through which nobody can connect.
async fn remove_abandoned(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match timeout(PATIENCE, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Ok(()),
    }
}
