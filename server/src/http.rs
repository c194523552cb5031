//! The HTTP handlers. A handler extracts what the request says, calls the domain modules (`rooms`, `files`, `uploads`),
//! and builds the response. There is one file for each resource; `router` assigns the addresses to the handlers.
//!
//! `pages → app_shell → api → content → guard`: each of these modules uses only those to its right.

pub(crate) mod api;
pub(crate) mod app_shell;
pub(crate) mod content;
pub(crate) mod doctor;
pub(crate) mod guard;
pub(crate) mod health;
pub(crate) mod pages;
pub(crate) mod plain;
pub(crate) mod trust;

mod preferences;
mod refusal;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{config::Config, device::DeviceRules, fields::Scheme, files::FileStore, rooms::Rooms, tls::Tls, uploads::Uploads};
use content::archive_layout::ArchiveLayouts;
use doctor::Examinations;
use guard::{AtOnce, Budget, Guesses, PageTurns, Unsent};

pub(crate) use refusal::Refusal;

/// The state that all handlers share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) files: Arc<FileStore>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) devices: DeviceRules,
    pub(crate) config: Config,
    /// The server's side of TLS, if it has it.
    pub(crate) tls: Option<Arc<Tls>>,
    /// The port on which the server listens.
    pub(crate) port: u16,
    /// The address at which other devices in the local network reach this server; `None` if they cannot.
    pub(crate) lan_address: Option<IpAddr>,
    /// How many wrong PINs each client address may still try.
    pub(crate) guesses: Guesses,
    /// How many new rooms each client address may still create.
    pub(crate) creations: Budget,
    /// How many new seats each client address may still take.
    pub(crate) joins: Budget,
    /// The archives that are being sent.
    pub(crate) archives: AtOnce,
    /// The layouts of archives that were sent lately.
    pub(crate) archive_layouts: ArchiveLayouts,
    /// The snapshots of rooms that are being sent as responses.
    pub(crate) snapshots: AtOnce,
    /// The long lists and pages that are being sent.
    pub(crate) unsent: Unsent,
    /// The checks of visitors' connections that are under way.
    pub(crate) examinations: Examinations,
    /// The turns to render the page of a large room.
    pub(crate) page_turns: PageTurns,
    /// Cancelled when the server stops.
    pub(crate) stopping: CancellationToken,
    /// The open live sockets. The server waits for them here when it stops, because an upgraded connection no longer
    /// belongs to the HTTP connections in `connections`.
    pub(crate) sockets: TaskTracker,
}

impl Services {
    /// The origin (scheme, host and port) at which other devices in the local network reach this server; `None` if they cannot.
    pub(crate) fn lan_origin(&self) -> Option<String> {
        let scheme = if self.tls.is_some() { Scheme::Https } else { Scheme::Http };
        self.lan_address.map(|address| format!("{}://{}", scheme.as_str(), SocketAddr::new(address, self.port)))
    }
}

/// The extractor with which handlers get the [`Services`].
pub(crate) type State = axum::extract::State<Arc<Services>>;
