//! The HTTP side: one file per resource, each handler extracts, calls the domain and responds.
//!
//! Rooms and files meet only here, because only the handler knows that both happened.

pub(crate) mod archive;
pub(crate) mod assets;
pub(crate) mod cors;
pub(crate) mod download;
pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod forms;
pub(crate) mod health;
pub(crate) mod join_code;
pub(crate) mod language;
pub(crate) mod live;
pub(crate) mod manifest;
pub(crate) mod members;
pub(crate) mod method_override;
pub(crate) mod offline;
pub(crate) mod pages;
pub(crate) mod rooms;
pub(crate) mod service_worker;
pub(crate) mod share;
pub(crate) mod snippets;
pub(crate) mod thumbnail;
pub(crate) mod upload_form;

mod brief_work;
mod budget;
mod client;
mod cookie;
mod form_data;
mod parts;
mod reception;
mod refusal;
mod representation;
pub(crate) mod same_origin;
mod session;
mod tus;

use std::{net::IpAddr, sync::Arc};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use brief_work::BriefWork;
pub(crate) use budget::{Budget, Rate};
pub(crate) use client::{Client, PathText};
pub(crate) use refusal::Refusal;
pub(crate) use session::{Owner, Session};

use crate::{completion::Completion, config::Config, device::DeviceRules, files::FileStore, rooms::Rooms};

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) files: Arc<FileStore>,
    pub(crate) completion: Completion,
    /// How new small files are written.
    pub(crate) brief_work: BriefWork,
    pub(crate) devices: DeviceRules,
    pub(crate) config: Config,
    /// Where phones on the network find this server, when it listens there.
    pub(crate) lan_origin: Option<(IpAddr, u16)>,
    /// Wrong PINs, per address.
    pub(crate) guesses: Budget,
    /// New rooms, per address.
    pub(crate) creations: Budget,
    /// Set when the server stops.
    pub(crate) stopping: CancellationToken,
    /// The live sockets: an HTTP server does not wait for what was upgraded.
    pub(crate) sockets: TaskTracker,
}

/// The shared state of every route.
pub(crate) type State = axum::extract::State<Arc<Services>>;
