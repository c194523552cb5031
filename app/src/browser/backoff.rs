//! How long to wait before the next try.

use std::time::Duration;

/// The longest wait.
const LONGEST_MS: f64 = 30_000.0;

/// A wait after the `failures`-th failure in a row: twice as long each time, and somewhere between half
/// of it and all of it, so that a room full of clients does not come back in the same instant.
pub(super) fn after(failures: u32) -> Duration {
    jittered(failures, js_sys::Math::random())
}

fn jittered(failures: u32, random: f64) -> Duration {
    let full = (500.0 * 2f64.powi(failures.min(16).cast_signed())).min(LONGEST_MS);
    Duration::from_secs_f64(full * (0.5 + random / 2.0) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_are_spread() {
        assert_eq!(jittered(0, 0.0), Duration::from_millis(250));
        assert_eq!(jittered(0, 1.0), Duration::from_millis(500));
        assert_eq!(jittered(3, 1.0), Duration::from_secs(4));
        assert_eq!(jittered(40, 1.0), Duration::from_secs(30));
        assert_eq!(jittered(40, 0.0), Duration::from_secs(15));
    }
}
