//! The size of the next chunk. The code here calls nothing of the browser, so that it can be tested anywhere.

/// The smallest chunk in bytes. Below this size the requests would cost more than the bytes.
const SMALLEST: u64 = 1 << 20;
/// The largest chunk in bytes. There are proxies that refuse a body of more than 100 MB.
const LARGEST: u64 = 64 << 20;
/// The first chunk in bytes, when nothing is known about the network yet.
const FIRST: u64 = 4 << 20;
/// How many seconds a chunk should take: long enough to be worth a request, short enough to be sent again.
const SECONDS: f64 = 2.0;

/// The size of the next chunk, adapted to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkSize {
    bytes: u64,
    /// The largest size that is tried.
    most: u64,
}

impl Default for ChunkSize {
    fn default() -> Self {
        Self { bytes: FIRST, most: LARGEST }
    }
}

impl ChunkSize {
    /// The size of the next chunk in bytes.
    pub(super) const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Adapts the size after a chunk of `bytes` took `seconds`, so that the next one takes about [`SECONDS`]. The size
    /// at most doubles, so that a single fast chunk has little effect.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are far below 2^53")]
    pub(super) fn took(&mut self, bytes: u64, seconds: f64) {
        // The last chunk of a file may be short, and says little about long ones.
        if bytes < SMALLEST {
            return;
        }
        let fitting = bytes as f64 / seconds.max(0.001) * SECONDS;
        self.bytes = fitting.clamp(SMALLEST as f64, (self.bytes * 2).min(self.most) as f64) as u64;
    }

    /// Halves the size after a chunk failed, because a smaller one has better chances.
    pub(super) fn failed(&mut self) {
        self.bytes = (self.bytes / 2).max(SMALLEST);
    }

    /// Halves the size for good after something on the way, such as a proxy, refused a chunk of `bytes`. Returns whether smaller
    /// ones are left to try.
    pub(super) fn refused(&mut self, bytes: u64) -> bool {
        self.most = (bytes / 2).clamp(SMALLEST, self.most);
        self.bytes = self.bytes.min(self.most);
        bytes > SMALLEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_size_that_a_proxy_refuses_is_not_tried_again() {
        let mut size = ChunkSize::default();
        assert!(size.refused(4 * MIB));
        size.took(size.bytes(), 0.05);
        assert_eq!(size.bytes(), 2 * MIB);
        assert!(size.refused(2 * MIB));
        size.took(size.bytes(), 0.05);
        assert_eq!(size.bytes(), MIB);
        assert!(!size.refused(MIB));
        assert!(!size.refused(MIB / 4));
        assert_eq!(size.bytes(), MIB);
    }

    #[test]
    fn chunks_grow_on_a_fast_network_up_to_a_limit() {
        let mut size = ChunkSize::default();
        let mut sizes = Vec::new();
        for _ in 0..6 {
            sizes.push(size.bytes() / MIB);
            size.took(size.bytes(), 0.05);
        }
        assert_eq!(sizes, [4, 8, 16, 32, 64, 64]);
    }

    #[test]
    fn chunks_shrink_at_once_on_a_slow_network() {
        let mut size = ChunkSize::default();
        size.took(4 * MIB, 8.0);
        assert_eq!(size.bytes(), MIB);
        size.took(MIB, 100.0);
        assert_eq!(size.bytes(), MIB);
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "a few mebibytes")]
    fn a_chunk_takes_about_two_seconds() {
        let mut size = ChunkSize::default();
        for _ in 0..10 {
            size.took(size.bytes(), size.bytes() as f64 / (3 * MIB) as f64);
        }
        assert_eq!(size.bytes(), 6 * MIB);
    }

    #[test]
    fn a_short_last_chunk_changes_nothing_and_a_lost_one_halves_it() {
        let mut size = ChunkSize::default();
        size.took(1000, 0.001);
        assert_eq!(size.bytes(), 4 * MIB);
        size.failed();
        assert_eq!(size.bytes(), 2 * MIB);
    }
}
