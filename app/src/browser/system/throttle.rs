//! [`Throttle`]: lets something happen only so often, such as drawing what changes hundreds of times a second. It calls
//! nothing of the browser, so that it can be tested anywhere.

use std::time::Duration;

/// Counts the time since something happened last.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    period: Duration,
    /// When it happened last, in seconds.
    last_secs: f64,
    /// Whether it will happen at the end of the period anyway.
    is_due: bool,
}

/// When something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// After this time, at which the caller calls [`Throttle::happened`].
    After(Duration),
    /// When it happens that somebody was told to wait for.
    Due,
}

impl Throttle {
    /// Lets something happen once in a `period`.
    #[must_use]
    pub fn new(period: Duration) -> Self {
        Self { period, last_secs: f64::NEG_INFINITY, is_due: false }
    }

    /// When something may happen that is wanted at `now_secs`.
    pub fn turn(&mut self, now_secs: f64) -> Turn {
        if self.is_due {
            return Turn::Due;
        }
        let left = self.last_secs + self.period.as_secs_f64() - now_secs;
        if left <= 0.0 {
            self.last_secs = now_secs;
            return Turn::Now;
        }
        self.is_due = true;
        Turn::After(Duration::from_secs_f64(left.min(self.period.as_secs_f64())))
    }

    /// Notes that it happened at `now_secs`, after somebody has waited for it.
    pub fn happened(&mut self, now_secs: f64) {
        (self.last_secs, self.is_due) = (now_secs, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_often_happens_at_once_and_then_once_in_a_period() {
        let mut throttle = Throttle::new(Duration::from_millis(250));
        assert_eq!(throttle.turn(10.0), Turn::Now);
        assert_eq!(throttle.turn(10.125), Turn::After(Duration::from_millis(125)));
        assert_eq!(throttle.turn(10.2), Turn::Due);
        throttle.happened(10.25);
        assert_eq!(throttle.turn(10.375), Turn::After(Duration::from_millis(125)));
        throttle.happened(10.5);
        assert_eq!(throttle.turn(11.0), Turn::Now);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_waiting() {
        let mut throttle = Throttle::new(Duration::from_millis(250));
        assert_eq!(throttle.turn(1000.0), Turn::Now);
        assert_eq!(throttle.turn(10.0), Turn::After(Duration::from_millis(250)));
    }
}
