//! The newest events of a room, which are sent to sockets that connect again.

use std::collections::VecDeque;

use app::room::{Audience, Viewer};
use bytes::Bytes;

use super::broadcast::encode_unseen;

/// The most events that are kept.
const MAX_EVENTS: usize = 512;
/// The most bytes that these events have together; the newest is kept in any case.
const MAX_BYTES: usize = 512 * 1024;

/// The newest committed events of a room.
#[derive(Debug, Default)]
pub(super) struct Replay {
    events: VecDeque<Event>,
    /// The length of their messages together.
    bytes: usize,
}

/// A committed event as it is sent to sockets.
#[derive(Debug)]
struct Event {
    revision: u64,
    audience: Audience,
    /// The message as JSON.
    text: Bytes,
}

impl Replay {
    /// Adds the next event, and forgets the oldest ones where there are too many.
    pub(super) fn push(&mut self, revision: u64, audience: Audience, text: Bytes) {
        self.bytes += text.len();
        self.events.push_back(Event { revision, audience, text });
        while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// The messages of the events after revision `since` for this viewer, where the room is at revision `now`; `None` when
    /// some of them are no longer kept.
    pub(super) fn after(&self, since: u64, now: u64, viewer: Viewer) -> Option<Vec<Bytes>> {
        let known = self.events.front().map_or(now, |event| event.revision - 1);
        if !(known..=now).contains(&since) {
            return None;
        }
        let missed = self.events.iter().filter(|event| event.revision > since);
        let message = |event: &Event| if event.audience.includes(viewer) { event.text.clone() } else { encode_unseen(event.revision) };
        Some(missed.map(message).collect())
    }
}

#[cfg(test)]
mod tests {
    use app::room::{MemberId, Role};

    use super::*;

    /// The first revision from which everything is still known.
    fn known_from(replay: &Replay, now: u64) -> u64 {
        let owner = Viewer { member: MemberId::new(1), role: Role::Owner };
        (0..=now).find(|since| replay.after(*since, now, owner).is_some()).unwrap()
    }

    #[test]
    fn many_events_and_long_events_have_an_end() {
        let mut replay = Replay::default();
        for revision in 1..=600 {
            replay.push(revision, Audience::Everyone, Bytes::from_static(b"{}"));
        }
        assert_eq!(known_from(&replay, 600), 600 - MAX_EVENTS as u64);
        for revision in 601..=700 {
            replay.push(revision, Audience::Everyone, vec![b'x'; MAX_BYTES / 10].into());
        }
        assert_eq!(known_from(&replay, 700), 690);
        replay.push(701, Audience::Everyone, vec![b'x'; 2 * MAX_BYTES].into());
        assert_eq!(known_from(&replay, 701), 700);
    }
}
