//! [`Total`]: the sum of all uploads of this browser.

/// The sum of all uploads of this browser, including files that are not announced yet. Those that are finished are
/// counted until the last one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many files are not finished. Failed ones are counted here, too.
    pub files: usize,
    /// How many of them are paused.
    pub paused: usize,
    /// How many of them are being sent, wait to be sent, or will be retried.
    pub active: usize,
    /// How many files are finished, of those that were added since the last time that nothing was left to send.
    pub finished: usize,
    /// The bytes of all these files that have left this browser, acknowledged or not.
    pub sent_bytes: u64,
    /// The length of all these files together, in bytes.
    pub size_bytes: u64,
    /// Their speed, once it has been measured.
    pub bytes_per_second: Option<u64>,
}

impl Total {
    /// The same total, with a progress that is not smaller than that of `before`. Bytes that have left but were not
    /// acknowledged are sent again after an interruption; people would take that for a loss.
    #[must_use]
    pub fn not_behind(mut self, before: Option<&Self>) -> Self {
        if let Some(before) = before.filter(|before| before.files > 0 && before.size_bytes == self.size_bytes) {
            self.sent_bytes = self.sent_bytes.max(before.sent_bytes);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back_while_the_files_are_the_same() {
        let before = Total { files: 2, sent_bytes: 50, size_bytes: 100, ..Total::default() };
        let now = Total { sent_bytes: 30, ..before };
        assert_eq!(now.not_behind(Some(&before)).sent_bytes, 50);
        assert_eq!(now.not_behind(None).sent_bytes, 30);
        assert_eq!(Total { size_bytes: 90, ..now }.not_behind(Some(&before)).sent_bytes, 30);
        assert_eq!(now.not_behind(Some(&Total { files: 0, ..before })).sent_bytes, 30);
    }
}
