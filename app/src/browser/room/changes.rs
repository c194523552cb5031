//! [`Changes`]: when the changes of a room are drawn. The code here calls nothing of the browser, so that it can be tested
//! anywhere.

use std::time::Duration;

use super::topic::Topic;

/// How many changes in a row are drawn as they come. Further ones are drawn together, so that a thousand files that arrive
/// together do not draw the page a thousand times.
const DRAWN_IN_A_ROW: f64 = 8.0;
/// How often at most the page is drawn in a second while changes keep coming. People see no difference.
const DRAWN_PER_SECOND: f64 = 6.0;
/// The most of the time that drawing takes meanwhile. A busy device, such as one that also sends the files, draws less often.
const SHARE_OF_DRAWING: f64 = 0.25;
/// How often at least the page is drawn in a second, however busy the device is.
const LEAST_PER_SECOND: f64 = 1.0;

/// The changes whose readers are still to be notified, and how many may be drawn as they come.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) waiting: Vec<Topic>,
    /// Whether changes are kept until all of a message have been applied.
    pub(super) are_kept: bool,
    /// Whether somebody was asked to notify the readers later.
    is_announced: bool,
    /// Whether what is drawn now had to wait.
    pub(super) is_flood: bool,
    /// How many changes may be drawn as they come; a part of one is added with the time.
    allowed: f64,
    /// When `allowed` was computed, in seconds.
    since: f64,
    /// How often the page is drawn in a second while changes keep coming.
    per_second: f64,
}

/// When the readers of a change are to be notified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Now,
    /// After this time, which begins now.
    Later(Duration),
    /// At a time that has been announced, or at the end of the message.
    Announced,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            are_kept: false,
            is_announced: false,
            is_flood: false,
            allowed: DRAWN_IN_A_ROW,
            since: 0.0,
            per_second: DRAWN_PER_SECOND,
        }
    }
}

impl Changes {
    /// Adds a change of these topics, which happens at `now` (in seconds).
    pub(super) fn add(&mut self, topics: &[Topic], now: f64) -> When {
        for topic in topics {
            if !self.waiting.contains(topic) {
                self.waiting.push(*topic);
            }
        }
        if self.waiting.is_empty() || self.are_kept || self.is_announced {
            return When::Announced;
        }
        self.allowed = (self.allowed + (now - self.since).max(0.0) * self.per_second).min(DRAWN_IN_A_ROW);
        self.since = now;
        if self.allowed >= 1.0 {
            self.allowed -= 1.0;
            return When::Now;
        }
        self.is_announced = true;
        When::Later(Duration::from_secs_f64((1.0 - self.allowed) / self.per_second))
    }

    /// Notes how many seconds it took to draw the last changes.
    pub(super) fn took(&mut self, secs: f64) {
        self.per_second = (SHARE_OF_DRAWING / secs.max(f64::EPSILON)).clamp(LEAST_PER_SECOND, DRAWN_PER_SECOND);
    }

    /// The topics whose readers are notified at `now` (in seconds).
    pub(super) fn take(&mut self, now: f64) -> Vec<Topic> {
        self.is_flood = self.is_announced;
        if self.is_announced {
            (self.is_announced, self.allowed, self.since) = (false, 0.0, now);
        }
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes of which so many were drawn at `now` as they came that the next one has to wait.
    fn flooded(now: f64) -> Changes {
        let mut changes = Changes::default();
        for _ in 0..8 {
            assert_eq!(changes.add(&[Topic::Files], now), When::Now);
            assert_eq!(changes.take(now), [Topic::Files]);
            assert!(!changes.is_flood);
        }
        changes
    }

    #[test]
    fn a_flood_of_changes_is_drawn_together() {
        let mut changes = flooded(100.0);
        let When::Later(wait) = changes.add(&[Topic::Files, Topic::Progress], 100.0) else { panic!("the ninth change was drawn at once") };
        assert!((wait.as_secs_f64() * DRAWN_PER_SECOND - 1.0).abs() < 1e-6);
        assert_eq!(changes.add(&[Topic::Files], 100.1), When::Announced);
        assert_eq!(changes.take(100.2), [Topic::Files, Topic::Progress]);
        assert!(changes.is_flood);
    }

    #[test]
    fn while_a_flood_goes_on_the_page_is_drawn_only_so_often() {
        let mut changes = flooded(100.0);
        let mut now = 100.0;
        let mut drawn = 0;
        while now < 102.0 {
            if let When::Later(wait) = changes.add(&[Topic::Files], now) {
                now += wait.as_secs_f64();
                changes.take(now);
                drawn += 1;
            }
            now += 0.001;
        }
        assert!((11..=12).contains(&drawn), "drawn {drawn} times in two seconds");
        assert_eq!(changes.add(&[Topic::Seats], 104.0), When::Now, "a lone change is drawn at once again");
    }

    #[test]
    fn a_busy_device_draws_less_often_but_once_a_second_at_least() {
        for (secs, wait) in [(0.0, 1.0 / 6.0), (0.03, 1.0 / 6.0), (0.1, 0.4), (5.0, 1.0)] {
            let mut changes = flooded(100.0);
            changes.took(secs);
            let When::Later(later) = changes.add(&[Topic::Files], 100.0) else { panic!("drawn at once") };
            assert!((later.as_secs_f64() - wait).abs() < 1e-6, "{later:?} after {secs} s");
        }
    }

    #[test]
    fn the_changes_of_one_message_are_drawn_together() {
        let mut changes = Changes { are_kept: true, ..Changes::default() };
        for topic in [Topic::Files, Topic::Seats, Topic::Files] {
            assert_eq!(changes.add(&[topic], 100.0), When::Announced);
        }
        changes.are_kept = false;
        assert_eq!(changes.add(&[], 100.0), When::Now);
        assert_eq!(changes.take(100.0), [Topic::Files, Topic::Seats]);
        assert_eq!(changes.add(&[], 100.0), When::Announced, "nothing has changed");
    }
}
