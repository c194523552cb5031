//! The rooms that were closed lately: their PINs are not given to new rooms, and whoever uses one is told what became of
//! the room. They are kept in memory only, because a closed room leaves nothing on the disk.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use app::room::Pin;
use tokio::time::Instant;

/// How long a PIN is not used again.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The most rooms that are remembered; with more, the oldest is forgotten early.
const MAX_ROOMS: usize = 100_000;

/// The PINs of rooms that were closed lately.
#[derive(Debug, Default)]
pub(super) struct ClosedLately {
    /// When each was closed, in milliseconds since the Unix epoch.
    closed_at_ms: HashMap<Number, u64>,
    /// The PINs in the order in which their rooms were closed.
    order: VecDeque<(Instant, Number)>,
}

/// A PIN as a number, which takes a quarter of its memory.
type Number = u64;

/// The number of a PIN: its digits after a one, because leading zeros count.
fn number_of(pin: &Pin) -> Number {
    pin.as_str().bytes().fold(1, |number, digit| number * 10 + u64::from(digit - b'0'))
}

impl ClosedLately {
    /// Notes that a room was closed just now.
    pub(super) fn add(&mut self, pin: &Pin, closed_at_ms: u64, now: Instant) {
        let is_old = |closed: &(Instant, Number)| closed.0 + KEPT <= now;
        while self.order.front().is_some_and(is_old) || self.order.len() >= MAX_ROOMS {
            let Some((_, oldest)) = self.order.pop_front() else { break };
            self.closed_at_ms.remove(&oldest);
        }
        self.closed_at_ms.insert(number_of(pin), closed_at_ms);
        self.order.push_back((now, number_of(pin)));
    }

    /// How many rooms are remembered.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// When the room with this PIN was closed, in milliseconds since the Unix epoch, if it was lately.
    pub(super) fn closed_at_ms(&self, pin: &Pin) -> Option<u64> {
        self.closed_at_ms.get(&number_of(pin)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_rooms_cannot_use_up_all_pins_of_a_length() {
        for (closed, digits) in [(0, 4), (4_999, 4), (5_000, 5), (49_999, 5), (MAX_ROOMS, 6)] {
            assert_eq!(crate::rooms::pin_digits_for(4, 1, closed), digits, "{closed}");
        }
    }

    #[test]
    fn a_pin_is_remembered_for_a_day() {
        let (start, mut closed) = (Instant::now(), ClosedLately::default());
        let pin = |digits: &str| digits.parse::<Pin>().unwrap();
        closed.add(&pin("1111"), 5, start);
        closed.add(&pin("2222"), 6, start + KEPT / 2);
        assert_eq!((closed.closed_at_ms(&pin("1111")), closed.closed_at_ms(&pin("3333"))), (Some(5), None));
        closed.add(&pin("3333"), 7, start + KEPT);
        assert_eq!([closed.closed_at_ms(&pin("1111")), closed.closed_at_ms(&pin("2222"))], [None, Some(6)]);
    }

    #[test]
    fn leading_zeros_make_another_pin() {
        let (now, mut closed) = (Instant::now(), ClosedLately::default());
        closed.add(&"0012".parse().unwrap(), 5, now);
        let known = ["0012", "00012", "1012", "012012"].map(|digits: &str| closed.closed_at_ms(&digits.parse().unwrap()).is_some());
        assert_eq!(known, [true, false, false, false]);
    }

    #[test]
    fn only_so_many_rooms_are_remembered() {
        let (now, mut closed) = (Instant::now(), ClosedLately::default());
        for number in 0..MAX_ROOMS + 2 {
            closed.add(&format!("{number:06}").parse().unwrap(), 5, now);
        }
        assert_eq!((closed.len(), closed.closed_at_ms.len()), (MAX_ROOMS, MAX_ROOMS));
        assert_eq!(["000001", "000002"].map(|digits| closed.closed_at_ms(&digits.parse().unwrap())), [None, Some(5)]);
    }
}
