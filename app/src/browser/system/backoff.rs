//! How long to wait before a failed request is tried again.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, channel::mpsc::unbounded, select};
use gloo_events::EventListener;
use gloo_timers::future::sleep;

use super::page;
use crate::wire::{Problem, ProblemCode};

/// The longest wait in milliseconds.
const LONGEST_MS: f64 = 30_000.0;

/// The wait after `failures` failures in a row. It doubles with each failure, up to half a minute. A random part of up
/// to half of it is left out, so that a room full of clients does not come back in the same instant.
pub(crate) fn after(failures: u32) -> Duration {
    jittered(failures, js_sys::Math::random())
}

/// Whether the same request may succeed later.
pub(crate) fn is_temporary(problem: &Problem) -> bool {
    let code = problem.code;
    problem.status >= 500 || matches!(code, ProblemCode::UploadTakenOver | ProblemCode::TooManyRequests | ProblemCode::ChecksumMismatch)
}

/// Waits for the time of [`after`], or until the network comes back if that is sooner.
pub(crate) async fn wait(failures: u32) {
    let (online, mut came_back) = unbounded();
    let _listener = EventListener::new(&page::window(), "online", move |_| {
        #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when nobody waits any more")]
        let _ = online.unbounded_send(());
    });
    let mut wait = sleep(after(failures)).fuse();
    select! {
        () = wait => {}
        _ = came_back.next() => {}
    }
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
