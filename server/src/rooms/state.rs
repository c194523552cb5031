//! The state behind a room's lock: the decided room, the committed room, and who is connected.
//!
//! Every change of a room is an event that goes through two steps. It is *decided* while nobody else can change the
//! room, and added to [`State::decided`]. It is *committed* as soon as the journal has written it, and added to
//! [`State::committed`]. Decisions look at the decided room, so that many of them can wait for one write. Members see
//! only the committed room, so that a change that a member was told of survives the end of the process.

use std::collections::{HashMap, VecDeque};

use app::{
    room::{FileId, MemberId, PassingEvent, Presence, Role, RoomEvent, Snapshot},
    wire::ServerMessage,
};
use bytes::Bytes;
use tokio::time::Instant;

use super::{coverage::Coverage, member_sockets::MemberSockets};
use crate::journal::{Recorded, Recovered, RoomRecord, TokenHash};

/// How many of a room's newest events are kept in memory for sockets that connect again.
const MAX_REPLAYABLE: usize = 512;

/// Everything that the server knows of one room.
#[derive(Debug)]
pub(super) struct State {
    /// The room with every decided event. Some of the events may not be written yet.
    pub(super) decided: RoomRecord,
    /// The room with every event that is written. Members see only this one.
    pub(super) committed: RoomRecord,
    /// The newest committed events, by revision, as encoded messages for sockets that connect again.
    replayable: VecDeque<(u64, Bytes)>,
    /// Counts how often decisions were taken back. An uncommitted decision of an earlier epoch is void.
    epoch: u64,
    /// The member to whom each token belongs.
    pub(super) tokens: HashMap<TokenHash, MemberId>,
    /// The members who are connected, and those who are not and whose seat is held.
    pub(super) sockets: HashMap<MemberId, MemberSockets>,
    /// Whether a task waits for the deadlines of the held seats.
    pub(super) seats_are_watched: bool,
    /// Which bytes members have received of a file, until they have received all of it.
    pub(super) coverage: HashMap<(FileId, MemberId), Coverage>,
    /// How many uses are running that change nothing in the room, such as downloads.
    pub(super) quiet_uses: usize,
    /// When the room was last used, by the monotonic clock of this process.
    pub(super) used_at: Instant,
}

impl State {
    /// Makes the state of a room that has no events after `record`.
    pub(super) fn new(record: RoomRecord) -> Self {
        Self {
            decided: record.clone(),
            committed: record,
            replayable: VecDeque::new(),
            epoch: 0,
            tokens: HashMap::new(),
            sockets: HashMap::new(),
            seats_are_watched: false,
            coverage: HashMap::new(),
            quiet_uses: 0,
            used_at: Instant::now(),
        }
    }

    /// Makes the state of a recovered room: nobody is connected, and no download is running.
    pub(super) fn recover(recovered: Recovered) -> Self {
        let mut record = recovered.record;
        for member in &mut record.snapshot.room.members {
            member.presence = Presence::Reconnecting;
        }
        record.snapshot.room.downloads.clear();
        let unused_ms = match recovered.events.last() {
            // Only an empty room has been unused since its last event. Members who still had a seat were there until
            // the server stopped, so that the unused time starts now.
            Some(last) if record.snapshot.room.members.is_empty() => crate::clock::unix_ms().saturating_sub(last.at_ms),
            _ => 0,
        };
        let now = Instant::now();
        let mut state = Self::new(record);
        state.used_at = now.checked_sub(std::time::Duration::from_millis(unused_ms)).unwrap_or(now);
        state.tokens = recovered.tokens.into_iter().collect();
        let older = recovered.events.len().saturating_sub(MAX_REPLAYABLE);
        state.replayable =
            recovered.events[older..].iter().map(|recorded| (recorded.revision, encode_event(recorded.revision, &recorded.event))).collect();
        state
    }

    /// Adds an event to the decided room. The caller has to give the result to the journal.
    pub(super) fn decide(&mut self, event: RoomEvent) -> Recorded {
        let revision = self.decided.snapshot.revision + 1;
        self.decided.follow(revision, &event).expect("the next revision follows");
        Recorded { revision, at_ms: crate::clock::unix_ms(), event }
    }

    /// The current epoch, for [`Self::roll_back`].
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Adds an event that is written to the committed room. Returns the message for the members, as JSON.
    pub(super) fn commit(&mut self, revision: u64, event: &RoomEvent) -> Bytes {
        self.committed.follow(revision, event).expect("the journal writes events in order");
        if let RoomEvent::FileRemoved { id } = event {
            self.coverage.retain(|(file, _), _| file != id);
        }
        let text = encode_event(revision, event);
        self.replayable.push_back((revision, text.clone()));
        if self.replayable.len() > MAX_REPLAYABLE {
            self.replayable.pop_front();
        }
        text
    }

    /// Takes back all decisions of `epoch` that are not committed, because one of them was not written. Does nothing
    /// when that has already been done for another decision of the same epoch.
    pub(super) fn roll_back(&mut self, epoch: u64) {
        if self.epoch == epoch {
            self.epoch += 1;
            self.decided = self.committed.clone();
        }
    }

    /// Adds a passing event to the room. Returns the message for the members, or `None` when the event changed nothing.
    pub(super) fn pass(&mut self, event: PassingEvent) -> Option<Bytes> {
        let before = self.presence(&event);
        self.decided.snapshot.room.pass(&event);
        self.committed.snapshot.room.pass(&event);
        if before.is_some() && before == self.presence(&event) {
            return None;
        }
        Some(encode(&ServerMessage::Passing { event }))
    }

    /// The committed room as members with this role may see it. Only the owner may see who is downloading what.
    pub(super) fn snapshot_for(&self, role: Role) -> Snapshot {
        let mut snapshot = self.committed.snapshot.clone();
        if role == Role::Guest {
            snapshot.room.downloads.clear();
        }
        snapshot
    }

    /// The messages of the events after revision `since`, or `None` when some of them are no longer kept.
    pub(super) fn events_after(&self, since: u64) -> Option<Vec<Bytes>> {
        let now = self.committed.snapshot.revision;
        let known = self.replayable.front().map_or(now, |(revision, _)| revision - 1);
        if !(known..=now).contains(&since) {
            return None;
        }
        Some(self.replayable.iter().filter(|(revision, _)| *revision > since).map(|(_, text)| text.clone()).collect())
    }

    /// The role of a member, including members who left.
    pub(super) fn role(&self, id: MemberId) -> Option<Role> {
        let departed = || self.committed.departed.iter().find(|member| member.id == id);
        self.committed.snapshot.room.member(id).or_else(departed).map(|member| member.role)
    }

    fn presence(&self, event: &PassingEvent) -> Option<Presence> {
        match event {
            PassingEvent::PresenceChanged { id, .. } => self.committed.snapshot.room.member(*id).map(|member| member.presence),
            PassingEvent::FileProgress { .. } | PassingEvent::Download { .. } => None,
        }
    }
}

fn encode_event(revision: u64, event: &RoomEvent) -> Bytes {
    encode(&ServerMessage::Event { revision, event: event.clone() })
}

/// Encodes a message as JSON, as it is sent to sockets.
pub(super) fn encode(message: &ServerMessage) -> Bytes {
    serde_json::to_vec(message).expect("messages have string keys and no failing parts").into()
}
