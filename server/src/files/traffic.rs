//! How busy the transfers are, so that the work behind them can make way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Bytes in a second from which on transfers need the machine for themselves: far more than a network
/// brings, so that only this machine's own speed limits them.
const BUSY_BYTES_PER_SEC: u64 = 256 << 20;
/// What a small file counts as, in bytes: making it takes as long as writing so many.
const WHOLE_BYTES: usize = 128 << 10;
/// How long the speed is measured at a time.
const SAMPLE: Duration = Duration::from_millis(20);
/// A pause between two pieces of work while the transfers are busy.
const BREATHER: Duration = Duration::from_millis(5);

/// Counts the bytes of all transfers.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    bytes: Arc<AtomicU64>,
}

/// One follower's view of it.
#[derive(Debug)]
pub(super) struct Watch {
    traffic: Traffic,
    since: Instant,
    bytes: u64,
    busy: bool,
}

impl Traffic {
    /// More bytes moved.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A small file moved, all at once.
    pub(super) fn add_whole(&self, bytes: usize) {
        self.add(bytes.max(WHOLE_BYTES));
    }

    /// Begins to watch.
    pub(super) fn watch(&self) -> Watch {
        Watch { traffic: self.clone(), since: Instant::now(), bytes: self.bytes.load(Ordering::Relaxed), busy: false }
    }
}

impl Watch {
    /// Called between two pieces of work: waits a little while the transfers are busy.
    pub(super) fn make_way(&mut self) {
        let passed = self.since.elapsed();
        if passed >= SAMPLE {
            let bytes = self.traffic.bytes.load(Ordering::Relaxed);
            let moved = u128::from(bytes - self.bytes);
            self.busy = moved * 1000 > u128::from(BUSY_BYTES_PER_SEC) * passed.as_millis();
            (self.since, self.bytes) = (Instant::now(), bytes);
        }
        if self.busy {
            std::thread::sleep(BREATHER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_flood_is_busy() {
        let traffic = Traffic::default();
        for (bytes, busy) in [(1 << 10, false), (1 << 40, true), (0, false)] {
            let mut watch = traffic.watch();
            // As if the time of a sample had passed.
            watch.since -= SAMPLE;
            traffic.add(bytes);
            watch.make_way();
            assert_eq!(watch.busy, busy, "{bytes}");
        }
    }
}
