//! The way in which this program takes its blocking locks. No code that holds one is expected to panic. If it does,
//! everybody who takes the lock afterwards panics, too, because the protected data may be half changed.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Why no lock is expected to be poisoned.
const NO_PANIC: &str = "no holder of the lock panics";

/// Waits for the lock and takes it.
///
/// # Panics
/// When an earlier holder panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect(NO_PANIC)
}

/// Releases the lock until `condition` is false, and returns with the lock held again. Code that changes what
/// `condition` looks at has to notify `changed`.
///
/// # Panics
/// When another holder panicked.
pub(crate) fn wait_while<'a, T>(changed: &Condvar, guard: MutexGuard<'a, T>, condition: impl FnMut(&mut T) -> bool) -> MutexGuard<'a, T> {
    changed.wait_while(guard, condition).expect(NO_PANIC)
}
