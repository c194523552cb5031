//! The settings of the file store.

use std::{path::PathBuf, time::Duration};

use crate::durability::SyncMode;

/// The settings of a store.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The folder of the files; created if missing.
    pub folder: PathBuf,
    /// When acknowledged bytes are safe from a power cut.
    pub sync: SyncMode,
    /// The most bytes that all files together may have; `None` for no limit.
    pub max_storage: Option<u64>,
    /// Bytes of the disk that are kept free; with 0 the disk may fill up.
    pub min_free_space: u64,
    /// How long an append waits for the next bytes of its chunk before it gives up.
    pub idle_upload: Duration,
    /// How long a reader of a running upload waits for the next bytes before it gives up.
    pub idle_download: Duration,
}
