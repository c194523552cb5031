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

/// The longest wait in seconds that a server may ask for.
const LONGEST_ASKED_SECS: u64 = 24 * 3600;

/// Whether the same request may succeed later, without anybody doing something about it. A full disk is not such a case.
pub(crate) fn is_temporary(problem: &Problem) -> bool {
    matches!(problem.status, 408 | 429 | 500 | 502..=504 | 520..=599)
        || matches!(problem.code, ProblemCode::UploadTakenOver | ProblemCode::ChecksumMismatch)
}

/// How long the server asks to wait before the request is sent again (`Retry-After`), if it does. Such an answer is no
/// failure: the server is busy, and says for how long.
pub(crate) fn asked(problem: &Problem) -> Option<Duration> {
    let secs = problem.retry_after_secs.filter(|_| matches!(problem.status, 429 | 503))?;
    Some(Duration::from_secs(secs.clamp(1, LONGEST_ASKED_SECS)))
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
    fn what_is_refused_for_good_is_not_tried_again() {
        use ProblemCode::{
            ChecksumMismatch, FileTooLarge, Internal, NoSpace, OwnerOnly, RequestTimeout, RoomFull, TooManyAtOnce, Unavailable,
            UploadTakenOver,
        };
        let temporary = |code| is_temporary(&Problem::new(code, ""));
        for code in [Internal, Unavailable, TooManyAtOnce, RequestTimeout, UploadTakenOver, ChecksumMismatch] {
            assert!(temporary(code), "{code:?}");
        }
        for code in [NoSpace, FileTooLarge, RoomFull, OwnerOnly] {
            assert!(!temporary(code), "{code:?}");
        }
    }

    #[test]
    fn a_busy_server_says_how_long_to_wait_within_bounds() {
        let asked_with = |code, secs| asked(&Problem { retry_after_secs: secs, ..Problem::new(code, "") }).map(|wait| wait.as_secs());
        assert_eq!(asked_with(ProblemCode::Unavailable, Some(90)), Some(90));
        assert_eq!(asked_with(ProblemCode::TooManyAtOnce, Some(0)), Some(1));
        assert_eq!(asked_with(ProblemCode::TooManyAtOnce, Some(u64::MAX)), Some(LONGEST_ASKED_SECS));
        assert_eq!(asked_with(ProblemCode::Unavailable, None), None);
        assert_eq!(asked_with(ProblemCode::NoSpace, Some(5)), None);
    }

    #[test]
    fn waits_grow_to_half_a_minute_and_are_spread() {
        assert_eq!(jittered(0, 0.0), Duration::from_millis(250));
        assert_eq!(jittered(0, 1.0), Duration::from_millis(500));
        assert_eq!(jittered(3, 1.0), Duration::from_secs(4));
        assert_eq!(jittered(40, 1.0), Duration::from_secs(30));
        assert_eq!(jittered(40, 0.0), Duration::from_secs(15));
    }
}
