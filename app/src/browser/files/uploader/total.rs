//! [`Total`]: the sum of all uploads of this browser.

/// The sum of all uploads of this browser that are not finished, including files that are not announced yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many files these are. Failed ones are counted here, too.
    pub files: usize,
    /// How many of them are paused.
    pub paused: usize,
    /// How many of them are being sent, wait to be sent, or will be retried.
    pub active: usize,
    /// Bytes of them that have left this browser, acknowledged or not.
    pub sent_bytes: u64,
    /// The length of all of them together, in bytes.
    pub size_bytes: u64,
    /// Their speed, once it has been measured.
    pub bytes_per_second: Option<u64>,
}
