//! One upload: [`Upload`] is what the page shows of it, and [`Source`] is where its bytes come from.

use std::rc::Rc;

use futures::future::AbortHandle;
use leptos::prelude::*;
use web_sys::File;

use super::UploadState;
use crate::{browser::system::tab_lock::TabLock, room::Pin};

/// One upload, as the page shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upload {
    pub(super) state: RwSignal<UploadState>,
    /// Bytes that have left this browser, acknowledged or not.
    pub(super) sent_bytes: RwSignal<u64>,
    /// Bytes that the server has acknowledged.
    pub(super) arrived_bytes: StoredValue<u64>,
    pub(super) size_bytes: u64,
}

/// A file of this device that is being uploaded to a room.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) pin: Pin,
    pub(super) file: File,
    /// How many bytes the server has, known only until the first attempt to send more; after that the server is asked.
    pub(super) offset: Option<u64>,
    /// Aborts the task that sends the file, if one was started and has not been aborted.
    pub(super) stop: Option<AbortHandle>,
    /// Keeps other tabs of this browser from sending the file at the same time.
    pub(super) lock: Rc<TabLock>,
}
