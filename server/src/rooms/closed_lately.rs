//! The rooms that were closed lately: their PINs are not given to new rooms, and whoever uses one is told what became of
//! the room.

use std::{
    collections::{HashMap, VecDeque},
    io,
    path::Path,
    time::Duration,
};

use app::room::Pin;
use tokio::time::Instant;

use super::closed_file::{ClosedFile, Mark, MarkKey};
use crate::clock::unix_ms;

/// How long a PIN is not used again.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The most rooms that are remembered; with more, the oldest is forgotten early.
const MAX_ROOMS: usize = 100_000;
/// The file is written anew when it has so many records more than twice as many as rooms are remembered.
const MAX_SURPLUS: usize = 1000;

/// The PINs of rooms that were closed lately.
#[derive(Debug)]
pub(super) struct ClosedLately {
    key: MarkKey,
    /// When each was closed, in milliseconds since the Unix epoch, and since when it is remembered, by the mark of its PIN.
    closed_at_ms: HashMap<Mark, (u64, Instant)>,
    /// The marks in the order in which the rooms were closed.
    order: VecDeque<(Instant, Mark)>,
    /// What a restart of the server leaves of this.
    file: Option<ClosedFile>,
}

impl Default for ClosedLately {
    /// Remembers rooms until the server is restarted.
    fn default() -> Self {
        Self { key: MarkKey::random(), closed_at_ms: HashMap::new(), order: VecDeque::new(), file: None }
    }
}

impl ClosedLately {
    /// Remembers rooms in a file, too, which may have some from before.
    ///
    /// # Errors
    /// The error of the file system.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (now, now_ms, kept_ms) = (Instant::now(), unix_ms(), u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX));
        let (file, records) = ClosedFile::open(path, now_ms.saturating_sub(kept_ms))?;
        let mut closed = Self { key: file.key(), file: Some(file), ..Self::default() };
        for (mark, closed_at_ms) in records {
            // The clock may have been ahead.
            let closed_at_ms = closed_at_ms.min(now_ms);
            let age = Duration::from_millis(now_ms - closed_at_ms);
            closed.remember(mark, closed_at_ms, now.checked_sub(age).unwrap_or(now), now);
        }
        Ok(closed)
    }

    /// Notes that a room was closed just now. It may have been noted before, when erasing it failed.
    pub(super) fn add(&mut self, pin: &Pin, closed_at_ms: u64, now: Instant) {
        let mark = self.key.mark(pin);
        if !self.remember(mark, closed_at_ms, now, now) {
            return;
        }
        let Some(file) = &mut self.file else { return };
        let written = if file.len() < 2 * self.order.len() + MAX_SURPLUS {
            file.add(mark, closed_at_ms)
        } else {
            let known = self.order.iter().filter_map(|(_, mark)| Some((*mark, self.closed_at_ms.get(mark)?.0)));
            file.replace(&known.collect::<Vec<_>>())
        };
        if let Err(error) = written {
            tracing::warn!(%error, "the PIN of a closed room is forgotten with the next restart");
        }
    }

    /// Returns whether the room was not known yet.
    fn remember(&mut self, mark: Mark, closed_at_ms: u64, at: Instant, now: Instant) -> bool {
        let is_old = |closed: &(Instant, Mark)| closed.0 + KEPT <= now;
        while self.order.front().is_some_and(is_old) || self.order.len() >= MAX_ROOMS {
            let Some((_, oldest)) = self.order.pop_front() else { break };
            self.closed_at_ms.remove(&oldest);
        }
        if self.closed_at_ms.contains_key(&mark) {
            return false;
        }
        self.closed_at_ms.insert(mark, (closed_at_ms, at));
        self.order.push_back((at, mark));
        true
    }

    /// How many rooms are remembered.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// When the room with this PIN was closed, in milliseconds since the Unix epoch, if it was lately.
    pub(super) fn closed_at_ms(&self, pin: &Pin, now: Instant) -> Option<u64> {
        let (closed_at_ms, since) = self.closed_at_ms.get(&self.key.mark(pin))?;
        (*since + KEPT > now).then_some(*closed_at_ms)
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
        let known = |closed: &ClosedLately, now| ["1111", "2222", "3333"].map(|digits| closed.closed_at_ms(&pin(digits), now));
        assert_eq!(known(&closed, start + KEPT / 2), [Some(5), Some(6), None]);
        assert_eq!(known(&closed, start + KEPT), [None, Some(6), None]);
        closed.add(&pin("3333"), 7, start + KEPT);
        assert_eq!((known(&closed, start + KEPT), closed.len()), ([None, Some(6), Some(7)], 2));
        // A room that is noted twice stays as long as one that is noted once.
        closed.add(&pin("3333"), 8, start + KEPT);
        assert_eq!((known(&closed, start + KEPT), closed.len()), ([None, Some(6), Some(7)], 2));
    }

    #[test]
    fn leading_zeros_make_another_pin() {
        let (now, mut closed) = (Instant::now(), ClosedLately::default());
        closed.add(&"0012".parse().unwrap(), 5, now);
        let known = ["0012", "00012", "1012", "012012"].map(|digits: &str| closed.closed_at_ms(&digits.parse().unwrap(), now).is_some());
        assert_eq!(known, [true, false, false, false]);
    }

    #[test]
    fn a_restart_forgets_no_room_but_those_that_are_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapdrop.closed");
        let [new, old]: [Pin; 2] = ["1111", "2222"].map(|pin| pin.parse().unwrap());
        let (now, now_ms) = (Instant::now(), unix_ms());
        let mut closed = ClosedLately::open(&path).unwrap();
        closed.add(&old, 5, now);
        closed.add(&new, now_ms, now);
        let mut closed = ClosedLately::open(&path).unwrap();
        assert_eq!([&new, &old].map(|pin| closed.closed_at_ms(pin, now)), [Some(now_ms), None]);
        let next_day = Instant::now() + KEPT;
        closed.add(&old, 6, next_day);
        assert_eq!([&new, &old].map(|pin| closed.closed_at_ms(pin, next_day)), [None, Some(6)]);
    }

    #[test]
    fn only_so_many_rooms_are_remembered() {
        let (now, mut closed) = (Instant::now(), ClosedLately::default());
        for number in 0..MAX_ROOMS + 2 {
            closed.add(&format!("{number:06}").parse().unwrap(), 5, now);
        }
        assert_eq!((closed.len(), closed.closed_at_ms.len()), (MAX_ROOMS, MAX_ROOMS));
        assert_eq!(["000001", "000002"].map(|digits| closed.closed_at_ms(&digits.parse().unwrap(), now)), [None, Some(5)]);
    }
}
