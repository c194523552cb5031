//! The program `snapdrop`: rooms, live lists and files over HTTP and WebSockets.
//!
//! `main → lib → router → http → {rooms, files} → journal`; each knows only what is to its right.
//! [`serve`] is the whole server; integration tests call it as `main` does.

pub mod closing;
pub mod completion;
pub mod config;
pub mod device;
pub mod durability;
pub mod expiry;
pub mod fields;
pub mod files;
pub mod journal;
pub mod rooms;
pub mod startup;

mod clock;
mod connections;
mod http;
mod in_place;
mod recovery;
mod router;
mod token;

use std::{io, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use completion::Completion;
use config::Config;
use expiry::Lifetimes;
use files::{FileStore, StoreSettings};
use http::{BriefWork, Budget, Rate, Services};
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
        let (journal, recovered) = startup::open_journal(&folder.join("snapdrop.redb"), config.sync, unusable)?;
        let journal = Arc::new(journal);
        let pace = config.pace;
        let files = FileStore::open(StoreSettings {
            folder: folder.join("files"),
            sync: config.sync,
            max_storage: config.max_storage.map(|size| size.as_u64()),
            min_free_space: config.min_free_space.as_u64(),
            idle_upload: pace.idle_upload,
            idle_download: pace.idle_download,
        })
        .map_err(unusable)?;
        let files = Arc::new(files);
        let rooms = Arc::new(Rooms::new(Arc::clone(&journal), recovered, config.pin_digits, pace.grace));
        let completion = Completion::start(Arc::clone(&files));
        recovery::run(&rooms, &files, &completion).await.map_err(|error| ServeError::Recovery(error.to_string()))?;
        // Pages are rendered on it. A second server in the same process finds it set.
        drop(any_spawner::Executor::init_tokio());
        let services = Services {
            rooms,
            files,
            completion,
            brief_work: BriefWork::default(),
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
        let lifetimes = Lifetimes { room: services.config.room_ttl, upload: services.config.upload_ttl };
        let expiry = tokio::spawn(expiry::run(rooms, files, lifetimes, stop.clone()));

        let router = router::router(Arc::clone(&services));
        // Cut when the time to drain is over.
        let serving = AbortOnDropHandle::new(tokio::spawn(connections::serve(listener, router, stop.clone())));

        stop.cancelled().await;
        tracing::info!("stopping");
        services.sockets.close();
        let drain = services.config.pace.drain;
        let drained = async {
            let (served, ()) = tokio::join!(serving, services.sockets.wait());
            served.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        };
        if timeout(drain, drained).await.is_err() {
            tracing::info!("some transfers were cut; they go on after the restart");
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
