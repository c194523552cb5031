//! [`Speed`]: how fast bytes have been coming or going of late.

use std::collections::VecDeque;

/// The period over which the speed is measured, in seconds.
const WINDOW_SECS: f64 = 5.0;

/// The speed of a transfer over the last [`WINDOW_SECS`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Speed {
    /// For each step its time in seconds, and the bytes that were sent since the step before.
    steps: VecDeque<(f64, u64)>,
}

impl Speed {
    /// Adds bytes that have been sent by `now`, which is in seconds.
    pub(crate) fn add(&mut self, now: f64, bytes: u64) {
        self.steps.push_back((now, bytes));
        while self.steps.front().is_some_and(|(then, _)| now - then > WINDOW_SECS) {
            self.steps.pop_front();
        }
    }

    /// The average speed up to the last step. It is `None` while there is too little to measure: less than half a
    /// second, or no bytes.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shown with three digits")]
    pub(crate) fn bytes_per_second(&self) -> Option<u64> {
        let (first, _) = self.steps.front()?;
        let (last, _) = self.steps.back()?;
        let seconds = last - first;
        // The bytes of the first step were sent before the time that is measured.
        let bytes: u64 = self.steps.iter().skip(1).map(|(_, bytes)| bytes).sum();
        (seconds >= 0.5 && bytes > 0).then(|| (bytes as f64 / seconds) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_seconds() {
        let mut speed = Speed::default();
        assert_eq!(speed.bytes_per_second(), None);
        for second in 0..20 {
            speed.add(f64::from(second), if second < 10 { 9_000_000 } else { 1_000_000 });
        }
        assert_eq!(speed.bytes_per_second(), Some(1_000_000));
    }
}
