//! The program `snapdrop`: rooms, live lists and files over HTTP and WebSockets.
//!
//! `main → lib → router → http → uploads → {rooms, files} → journal`; each module knows only those to its right.
//! [`Server::open`] and [`Server::run`] are the whole server, for `main` and for the integration tests.

pub mod addresses;
pub mod config;
pub mod device;
pub mod durability;
pub mod expiry;
pub mod fields;
pub mod files;
pub mod journal;
pub mod open_files;
pub mod rooms;
pub mod tls;
pub mod uploads;

mod clock;
mod connections;
mod http;
mod locks;
mod network;
mod router;
mod serve_error;
mod speed;
mod tasks;
mod token;
mod token_bucket;

use std::{io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use tokio::time::timeout;
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use config::Config;
use connections::{ConnectionLimits, Served};
use durability::SyncMode;
use expiry::Lifetimes;
use files::{FileStore, StoreSettings};
use http::{
    Services,
    content::archive_layout::ArchiveLayouts,
    doctor::Examinations,
    guard::{AtOnce, Budget, Guesses, PageTurns, Unsent},
    plain::PlainPort,
};
use journal::{Journal, Recovered};
use rooms::{RoomLimits, RoomSettings, Rooms};
use tls::Tls;
use token_bucket::Rate;
use uploads::{UploadLimits, Uploads};

pub use connections::Listener;
pub use serve_error::ServeError;

/// How many rooms one address may create in each minute, in addition to those at once.
const CREATIONS_PER_MINUTE: f64 = 60.0;
/// How many new seats one address may take in each minute, in addition to those at once.
const JOINS_PER_MINUTE: f64 = 10.0;

/// A server whose data has been read and checked, so that it is ready to take requests.
#[derive(Debug)]
pub struct Server {
    services: Arc<Services>,
    journal: Arc<Journal>,
}

impl Server {
    /// Opens the data folder, reads every room in it, and repairs what the last process left unfinished.
    ///
    /// # Errors
    /// [`ServeError`] when the data folder, the files or the database in it cannot be used.
    pub async fn open(config: Config) -> Result<Self, ServeError> {
        let folder = config.data_dir.clone();
        let unusable = |error| ServeError::Folder { folder: folder.clone(), error };
        let (database, files_folder) = (folder.join("snapdrop.redb"), folder.join("files"));
        std::fs::create_dir_all(&files_folder).map_err(unusable)?;
        // It comes first: a wrong certificate is found before anything of the rooms is changed.
        let mode = config.tls.mode().map_err(ServeError::Flags)?;
        let tls = mode.map(|mode| Tls::open(&mode, &folder, &config.names())).transpose()?.map(Arc::new);
        // Without its database, every file would be an orphan, and be erased, just like the keys of all rooms.
        if std::fs::metadata(&database).map_or(0, |found| found.len()) == 0 {
            if FileStore::has_files(&files_folder).map_err(unusable)? {
                return Err(ServeError::NoDatabase { database, beside: files_folder });
            }
            if Journal::has_keys(&database).map_err(unusable)? {
                return Err(ServeError::NoDatabase { beside: Journal::keys_of(&database), database });
            }
        }
        let (journal, recovered) = open_journal(&database, config.sync, unusable)?;
        for (path, mode) in [(&files_folder, 0o700), (&database, 0o600), (&database.with_extension("log"), 0o600)] {
            make_private(path, mode);
        }
        let journal = Arc::new(journal);
        let timeouts = config.timeouts;
        let files = FileStore::open(StoreSettings {
            folder: files_folder,
            sync: config.sync,
            max_storage: config.max_storage.map(|size| size.as_u64()),
            min_free_space: config.min_free_space.as_u64(),
            idle_upload: timeouts.idle_upload,
            idle_download: timeouts.idle_download,
        })
        .map_err(unusable)?;
        let files = Arc::new(files);
        let rooms = Rooms::new(Arc::clone(&journal), recovered, room_settings(&config));
        let rooms = Arc::new(rooms.remember_closed_in(&folder.join("snapdrop.closed")));
        let limits = UploadLimits {
            max_room_files: config.limits.max_files_per_room,
            max_room_text_bytes: config.limits.max_text_per_room,
            max_file_bytes: config.max_file_size.as_u64(),
            max_room_bytes: config.max_room_size.as_u64(),
            idle: timeouts.idle_upload,
        };
        let uploads = Arc::new(Uploads::new(Arc::clone(&files), limits));
        uploads.recover(&rooms, journal.damaged()).await.map_err(|error| ServeError::Recovery(error.to_string()))?;
        #[expect(clippy::let_underscore_must_use, reason = "it fails when a server in this process has set the page renderer's executor")]
        let _ = any_spawner::Executor::init_tokio();
        let services = Services {
            rooms,
            files,
            uploads,
            devices: device::DeviceRules::load(),
            tls,
            port: 0,
            lan_address: None,
            guesses: Guesses::new(config.limits.max_guesses_per_address),
            creations: Budget::new(rate(config.limits.max_creations_per_address, CREATIONS_PER_MINUTE)),
            joins: Budget::new(rate(config.limits.max_joins_per_address, JOINS_PER_MINUTE)),
            archives: AtOnce::new(config.limits.max_archives_per_member),
            archive_layouts: ArchiveLayouts::new(config.limits.max_archives),
            snapshots: AtOnce::new(config.limits.max_snapshots_per_member),
            unsent: Unsent::default(),
            examinations: Examinations::default(),
            page_turns: PageTurns::default(),
            stopping: CancellationToken::new(),
            sockets: TaskTracker::new(),
            config,
        };
        Ok(Self { services: Arc::new(services), journal })
    }

    /// The server's side of TLS, if it has it.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.services.tls.as_deref()
    }

    /// Serves on `listener`, over TLS if the configuration says so, and on `plain_listener` those who come without TLS, until `stop`
    /// is cancelled. Then it asks the clients on WebSockets to connect again, lets running requests
    /// finish for at most [`Timeouts::drain`](config::Timeouts::drain), and returns when the journal has written
    /// everything that it was given. The newest bytes of files may still wait to be synced in the background.
    ///
    /// # Errors
    /// [`ServeError::Socket`] when the address of the listening socket cannot be read.
    pub async fn run(
        mut self,
        listener: impl Into<Listener>,
        plain_listener: Option<Listener>,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let listener = listener.into();
        let address = listener.network_address()?;
        let services = Arc::get_mut(&mut self.services).expect("nobody else has a reference before the server runs");
        services.port = address.map_or(0, |address| address.port());
        services.lan_address = address.and_then(addresses::lan_address);
        services.stopping = stop.clone();
        let services = Arc::clone(&self.services);

        let (rooms, uploads) = (Arc::clone(&services.rooms), Arc::clone(&services.uploads));
        let config = &services.config;
        let lifetimes = Lifetimes {
            room: config.room_ttl,
            unshared_room: config.unshared_room_ttl,
            upload: config.upload_ttl,
            claim: config.timeouts.idle_claim,
        };
        let expiry = tokio::spawn(expiry::run(rooms, uploads, lifetimes, stop.clone()));

        let (router, plain_router) = (router::router(Arc::clone(&services)), router::plain_router(Arc::clone(&services), PlainPort::Tls));
        let plain_port = plain_listener.map(|listener| (listener, router::plain_router(Arc::clone(&services), PlainPort::Other)));
        let certificates = services.tls.clone().map(|tls| AbortOnDropHandle::new(tokio::spawn(tls.keep_valid(stop.clone()))));
        // Dropping the handle, when the time to drain is over, cuts the connections that are left.
        let limits = &services.config.limits;
        let limits = ConnectionLimits {
            total: limits.max_connections.unwrap_or_else(|| open_files::connections_within(open_files::limit())),
            per_address: limits.max_connections_per_address,
            proxies: services.config.trusted_proxy.clone(),
        };
        let config = &services.config;
        let announcing_proxies = if config.proxy_protocol { config.trusted_proxy.clone() } else { Vec::new() };
        let served = Served {
            router,
            plain_router,
            tls: services.tls.clone(),
            timeouts: config.timeouts,
            announcing_proxies: announcing_proxies.into(),
        };
        let serving = AbortOnDropHandle::new(tokio::spawn(connections::serve(listener, plain_port, served, limits, stop.clone())));

        stop.cancelled().await;
        tracing::info!("stopping");
        services.sockets.close();
        let drain = services.config.timeouts.drain;
        let drained = async {
            let (served, ()) = tokio::join!(serving, services.sockets.wait());
            served.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        };
        if timeout(drain, drained).await.is_err() {
            tracing::info!("some transfers were cut; they go on after the restart");
        }
        drop(certificates);
        let expired = expiry.await;
        let journal = Arc::clone(&self.journal);
        tasks::blocking(move || journal.close()).await;
        expired.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        Ok(())
    }
}

fn room_settings(config: &Config) -> RoomSettings {
    let limits = &config.limits;
    RoomSettings {
        pin_digits: config.pin_digits,
        grace: config.timeouts.grace,
        max_rooms: limits.max_rooms,
        max_rooms_per_address: limits.max_rooms_per_address,
        limits: RoomLimits {
            members: limits.max_members_per_room,
            sockets: limits.max_sockets_per_room,
            sockets_per_member: limits.max_sockets_per_member,
            frames: limits.max_frames_per_member,
            messages: limits.max_messages_per_member,
            creations: limits.max_new_files_per_room,
            text_bytes: limits.max_text_per_room,
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "a limit so high that it loses digits is no limit")]
fn rate(at_once: usize, per_minute: f64) -> Rate {
    Rate { burst: at_once as f64, per_second: per_minute / 60.0 }
}

/// Takes the right to read and write what an earlier version of the program created from everybody but the server's user.
/// New folders and files are private from the start. A data folder that was there before is left as it is, because it may
/// hold other things, too.
fn make_private(path: &Path, mode: u32) {
    if let Err(error) = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)) {
        tracing::warn!(path = %path.display(), %error, "others may be able to read this");
    }
}

/// Opens the journal at `path`. When the file cannot be written, the error is made by `unusable`.
fn open_journal(path: &Path, sync: SyncMode, unusable: impl Fn(io::Error) -> ServeError) -> Result<(Journal, Vec<Recovered>), ServeError> {
    // The file is opened once before the database opens it, because the database's own error for a folder without write
    // permission names neither the folder nor the cause.
    std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(unusable)?;
    Ok(Journal::open(path, sync)?)
}
