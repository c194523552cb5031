//! When acknowledged data is safe from a power cut.

/// When acknowledged data is safe from a power cut. In both modes it survives the end of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMode {
    /// Data is brought to the disk in the background, moments after it was acknowledged; no request waits for that.
    #[default]
    Background,
    /// Data is brought to the disk before it is acknowledged.
    Always,
}
