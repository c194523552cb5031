//! A token bucket: it limits how often something may be done, a number of times at once and then at a steady rate.

use std::time::Duration;

use tokio::time::Instant;

/// How often something may be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// The most actions at once, after a long pause.
    pub(crate) burst: f64,
    /// How many actions are added each second, up to `burst`.
    pub(crate) per_second: f64,
}

/// How many more actions are allowed now, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    rate: Rate,
    left: f64,
    counted_at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { rate, left: rate.burst, counted_at: now }
    }

    /// Checks that an action is allowed, without counting one.
    ///
    /// # Errors
    /// The time after which one will be allowed.
    pub(crate) fn check(&self, now: Instant) -> Result<(), Duration> {
        let left = self.left_at(now);
        if left >= 1.0 { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - left) / self.rate.per_second)) }
    }

    /// Counts an action if it is allowed.
    ///
    /// # Errors
    /// The time after which one will be allowed.
    pub(crate) fn spend(&mut self, now: Instant) -> Result<(), Duration> {
        self.check(now)?;
        *self = Self { left: self.left_at(now) - 1.0, counted_at: now, ..*self };
        Ok(())
    }

    /// Counts so many actions if all of them are allowed.
    ///
    /// # Errors
    /// The time after which they will be allowed, unless they are more than ever are.
    pub(crate) fn spend_many(&mut self, actions: f64, now: Instant) -> Result<(), Duration> {
        let left = self.left_at(now) - actions;
        if left < 0.0 {
            return Err(Duration::from_secs_f64(-left / self.rate.per_second));
        }
        *self = Self { left, counted_at: now, ..*self };
        Ok(())
    }

    /// Whether as much is allowed as after a long pause, so that the bucket need not be remembered.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.left_at(now) >= self.rate.burst
    }

    fn left_at(&self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.counted_at).as_secs_f64() * self.rate.per_second).min(self.rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_bucket_says_how_long_to_wait_and_refills() {
        let start = Instant::now();
        let after = |secs| start + Duration::from_secs(secs);
        let mut bucket = TokenBucket::full(Rate { burst: 2.0, per_second: 0.5 }, start);
        assert!(bucket.spend(start).is_ok() && bucket.spend(start).is_ok());
        assert_eq!(bucket.spend(start), Err(Duration::from_secs(2)));
        assert_eq!(bucket.check(after(1)), Err(Duration::from_secs(1)));
        assert!(bucket.spend(after(2)).is_ok());
        assert!(!bucket.is_full(after(5)) && bucket.is_full(after(6)));
    }

    #[test]
    fn many_are_counted_together_or_not_at_all() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(Rate { burst: 10.0, per_second: 2.0 }, start);
        assert!(bucket.spend_many(7.0, start).is_ok());
        assert_eq!(bucket.spend_many(5.0, start), Err(Duration::from_secs(1)));
        assert!(bucket.spend_many(5.0, start + Duration::from_secs(1)).is_ok());
    }
}
