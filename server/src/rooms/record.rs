//! The two states of a room, and how an event goes from one to the other.
//!
//! `head` holds every event that was decided, `told` every event that is on disk. Decisions look at
//! `head`, so that a hundred of them can wait for one commit; people hear of `told` only, so that
//! nobody ever hears of what a crash could take back.

use std::collections::{HashMap, VecDeque};

use app::{
    room::{FileId, MemberId, PassingEvent, Presence, Role, RoomEvent, Snapshot},
    wire::ServerMessage,
};
use bytes::Bytes;
use tokio::time::Instant;

use super::{attendance::Attending, receiving::Coverage};
use crate::journal::{JournalError, REPLAYABLE_EVENTS, Recorded, Recovered, RoomRecord, TokenHash};

/// Why an event was not recorded; nothing changed then.
#[derive(Debug, thiserror::Error)]
pub enum RecordError<R = std::convert::Infallible> {
    /// The room is closed.
    #[error("the room is closed")]
    Closed,
    /// It could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The decision was against it.
    #[error("refused")]
    Refused(R),
}

/// What is behind a room's lock.
#[derive(Debug)]
pub(super) struct State {
    /// The room with every decided event; some may still be on their way to disk.
    pub(super) head: RoomRecord,
    /// The room with every event that is on disk: the only one that leaves this module.
    pub(super) told: RoomRecord,
    /// The newest events of `told` as they go over the wire, for those who come back.
    replayable: VecDeque<(u64, Bytes)>,
    /// Counts the failed commits: events decided before one are void.
    epoch: u64,
    pub(super) tokens: HashMap<TokenHash, MemberId>,
    /// Who is connected, or was and has the seat held.
    pub(super) attending: HashMap<MemberId, Attending>,
    /// What members have of files that they do not have all of.
    pub(super) receipts: HashMap<(FileId, MemberId), Coverage>,
    /// How many use the room without changing anything in it.
    pub(super) quiet_uses: usize,
    /// When anyone last did anything, by this process's clock.
    pub(super) used_at: Instant,
}

/// An event that was decided and now has to be written down.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) recorded: Recorded,
    pub(super) checkpoint: Option<Box<RoomRecord>>,
    pub(super) epoch: u64,
}

impl State {
    pub(super) fn new(record: RoomRecord) -> Self {
        Self {
            head: record.clone(),
            told: record,
            replayable: VecDeque::new(),
            epoch: 0,
            tokens: HashMap::new(),
            attending: HashMap::new(),
            receipts: HashMap::new(),
            quiet_uses: 0,
            used_at: Instant::now(),
        }
    }

    /// The state as a crash or a stop left it: nobody is connected and nothing arrives.
    pub(super) fn recover(recovered: Recovered) -> Self {
        let mut record = recovered.record;
        for member in &mut record.snapshot.room.members {
            member.presence = Presence::Reconnecting;
        }
        record.snapshot.room.downloads.clear();
        let unused_ms = match recovered.events.last() {
            // Whoever had a seat was here until the server went: their time starts now.
            Some(last) if record.snapshot.room.members.is_empty() => crate::clock::unix_ms().saturating_sub(last.at_ms),
            _ => 0,
        };
        let now = Instant::now();
        let mut state = Self::new(record);
        state.used_at = now.checked_sub(std::time::Duration::from_millis(unused_ms)).unwrap_or(now);
        state.tokens = recovered.tokens.into_iter().collect();
        state.replayable =
            recovered.events.iter().map(|recorded| (recorded.revision, encode_event(recorded.revision, &recorded.event))).collect();
        state
    }

    /// Applies a decided event to `head`; it still has to go to disk.
    pub(super) fn decide(&mut self, event: RoomEvent) -> Decided {
        let revision = self.head.snapshot.revision + 1;
        self.head.follow(revision, &event).expect("the next revision follows");
        // The first record makes the room exist in the journal, the later ones keep replays short.
        let checkpoint = (revision == 1 || revision.is_multiple_of(REPLAYABLE_EVENTS)).then(|| Box::new(self.head.clone()));
        Decided { recorded: Recorded { revision, at_ms: crate::clock::unix_ms(), event }, checkpoint, epoch: self.epoch }
    }

    /// The event is on disk: from now on it may be told, and this is the text to tell.
    pub(super) fn committed(&mut self, revision: u64, event: &RoomEvent) -> Bytes {
        self.told.follow(revision, event).expect("the journal writes events in order");
        if let RoomEvent::FileRemoved { id } = event {
            self.receipts.retain(|(file, _), _| file != id);
        }
        let text = encode_event(revision, event);
        self.replayable.push_back((revision, text.clone()));
        if self.replayable.len() as u64 > 2 * REPLAYABLE_EVENTS {
            self.replayable.pop_front();
        }
        text
    }

    /// The event is not on disk: it and all that were decided after it never happened.
    pub(super) fn failed(&mut self, epoch: u64) {
        if self.epoch == epoch {
            self.epoch += 1;
            self.head = self.told.clone();
        }
    }

    /// Applies a passing event; the text to tell, or nothing when it changed nothing.
    pub(super) fn pass(&mut self, event: PassingEvent) -> Option<Bytes> {
        let before = self.presence(&event);
        self.head.snapshot.room.pass(&event);
        self.told.snapshot.room.pass(&event);
        if before.is_some() && before == self.presence(&event) {
            return None;
        }
        Some(encode(&ServerMessage::Passing { event }))
    }

    /// The room as somebody with this role may know it: who gets what is the owner's business.
    pub(super) fn snapshot_for(&self, role: Role) -> Snapshot {
        let mut snapshot = self.told.snapshot.clone();
        if role == Role::Guest {
            snapshot.room.downloads.clear();
        }
        snapshot
    }

    /// The texts of the events after `since`, or nothing when they are not all here any more.
    pub(super) fn events_after(&self, since: u64) -> Option<Vec<Bytes>> {
        let now = self.told.snapshot.revision;
        let known = self.replayable.front().map_or(now, |(revision, _)| revision - 1);
        if !(known..=now).contains(&since) {
            return None;
        }
        Some(self.replayable.iter().filter(|(revision, _)| *revision > since).map(|(_, text)| text.clone()).collect())
    }

    /// What a member may do, whether seated now or not.
    pub(super) fn role(&self, id: MemberId) -> Option<Role> {
        let departed = || self.told.departed.iter().find(|member| member.id == id);
        self.told.snapshot.room.member(id).or_else(departed).map(|member| member.role)
    }

    fn presence(&self, event: &PassingEvent) -> Option<Presence> {
        match event {
            PassingEvent::PresenceChanged { id, .. } => self.told.snapshot.room.member(*id).map(|member| member.presence),
            PassingEvent::FileProgress { .. } | PassingEvent::Download { .. } => None,
        }
    }
}

fn encode_event(revision: u64, event: &RoomEvent) -> Bytes {
    encode(&ServerMessage::Event { revision, event: event.clone() })
}

/// A message as it goes over the wire.
pub(super) fn encode(message: &ServerMessage) -> Bytes {
    serde_json::to_vec(message).expect("messages have string keys and no failing parts").into()
}
