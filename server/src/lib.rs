//! The program `snapdrop`: rooms, live lists and files over HTTP and WebSockets.
//!
//! `main → lib → router → http → {rooms, files} → journal`; each knows only what is to its right.
//! [`serve`] is the whole server; integration tests call it as `main` does.

pub mod closing;
pub mod config;
pub mod device;
pub mod files;
pub mod journal;
pub mod rooms;
pub mod startup;

mod clock;
mod http;
mod recovery;
mod router;
mod token;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use config::Config;
use files::FileStore;
use http::{Budget, Rate, Services};
use journal::{Journal, JournalError};
use rooms::Rooms;

/// Wrong PINs of one address. At this pace, finding one room among a million PINs takes weeks.
const GUESSES: Rate = Rate { burst: 30.0, per_second: 0.5 };
/// New rooms of one address: a school behind one router, not a script.
const CREATIONS: Rate = Rate { burst: 300.0, per_second: 1.0 };

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be made or written.
    #[error("the data folder {} cannot be used: {error}", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What is in the data folder cannot be brought together.
    #[error("the data folder cannot be recovered: {0}")]
    Recovery(String),
    /// The socket failed.
    #[error("the server's socket failed: {0}")]
    Socket(#[from] io::Error),
}

/// A server that is ready to take requests: its data is read and checked.
#[derive(Debug)]
pub struct Server {
    services: Arc<Services>,
    journal: Arc<Journal>,
}

impl Server {
    /// Opens the data folder and brings everything in it back to life.
    ///
    /// # Errors
    /// [`ServeError`], nothing was bound then.
    pub async fn open(config: Config) -> Result<Self, ServeError> {
        let folder = config.data_dir.clone();
        let unusable = |error| ServeError::Folder { folder: folder.clone(), error };
        std::fs::create_dir_all(&folder).map_err(unusable)?;
        let (journal, recovered) = startup::open_journal(&folder.join("snapdrop.redb"), unusable)?;
        let journal = Arc::new(journal);
        let pace = config.pace;
        let files = FileStore::open(folder.join("files"), pace.idle_upload, pace.idle_download).map_err(unusable)?;
        let files = Arc::new(files);
        let rooms = Arc::new(Rooms::new(Arc::clone(&journal), recovered, config.pin_digits, pace.grace));
        recovery::run(&rooms, &files).await.map_err(|error| ServeError::Recovery(error.to_string()))?;
        // Pages are rendered on it. A second server in the same process finds it set.
        drop(any_spawner::Executor::init_tokio());
        let services = Services {
            rooms,
            files,
            devices: device::DeviceRules::load(),
            lan_origin: None,
            guesses: Budget::new(GUESSES),
            creations: Budget::new(CREATIONS),
            stopping: CancellationToken::new(),
            sockets: TaskTracker::new(),
            config,
        };
        Ok(Self { services: Arc::new(services), journal })
    }

    /// Serves until `stop`, then lets running requests finish for a while, tells the live sockets to
    /// come back, and returns when everything is on disk.
    ///
    /// # Errors
    /// What the socket says.
    pub async fn run(mut self, listener: TcpListener, stop: CancellationToken) -> Result<(), ServeError> {
        let address = listener.local_addr()?;
        let services = Arc::get_mut(&mut self.services).expect("nobody else has it before the server runs");
        services.lan_origin = startup::lan_address(address).map(|lan| (lan, address.port()));
        services.stopping = stop.clone();
        let services = Arc::clone(&self.services);

        let (rooms, files) = (Arc::clone(&services.rooms), Arc::clone(&services.files));
        let expiry = tokio::spawn(closing::close_unused(rooms, files, services.config.room_ttl, stop.clone()));

        let router = router::router(Arc::clone(&services)).into_make_service_with_connect_info::<SocketAddr>();
        let listener = listener.tap_io(|stream| {
            // Without it small messages wait for the acknowledgement of the one before.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps Nagle's algorithm");
            }
        });
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        // Cut when the time to drain is over.
        let serving = AbortOnDropHandle::new(tokio::spawn(serving.into_future()));

        stop.cancelled().await;
        tracing::info!("stopping");
        services.sockets.close();
        let drain = services.config.pace.drain;
        let drained = async {
            let (served, ()) = tokio::join!(serving, services.sockets.wait());
            served.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
        };
        match timeout(drain, drained).await {
            Ok(served) => served?,
            Err(_) => tracing::info!("some transfers were cut; they go on after the restart"),
        }
        drop(expiry.await);
        let journal = Arc::clone(&self.journal);
        tokio::task::spawn_blocking(move || journal.close()).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        Ok(())
    }
}

/// The whole server: opens the data folder, serves, stops.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(config: Config, listener: TcpListener, shutdown: CancellationToken) -> Result<(), ServeError> {
    Server::open(config).await?.run(listener, shutdown).await
}
