//! The state behind a room's lock: the decided room, the committed room, and who is connected.
//!
//! Every change of a room is an event that goes through two steps. It is *decided* while nobody else can change the
//! room, and added to [`State::decided`]. It is *committed* as soon as the journal has written it, and added to
//! [`State::committed`]. Decisions look at the decided room, so that many of them can wait for one write. Members see
//! only the committed room, so that a change that a member was told of survives the end of the process.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use app::{
    room::{FileId, MemberId, PassingEvent, Presence, Role, RoomEvent, Snapshot, Viewer},
    wire::ServerMessage,
};
use bytes::Bytes;
use tokio::{sync::broadcast::Sender, time::Instant};

use super::{
    RoomLimits,
    broadcast::{Broadcast, encode},
    coverage::Coverage,
    member_sockets::MemberSockets,
    replay::Replay,
    snapshot_messages::SnapshotMessages,
};
use crate::{
    journal::{Recorded, Recovered, RoomRecord, TokenHash},
    token_bucket::TokenBucket,
};

/// Everything that the server knows of one room.
#[derive(Debug)]
pub(super) struct State {
    /// The room with every decided event. Some of the events may not be written yet.
    pub(super) decided: RoomRecord,
    /// The room with every event that is written. Members see only this one.
    pub(super) committed: RoomRecord,
    /// The newest committed events, for sockets that connect again.
    replay: Replay,
    /// Counts the changes of the list of files.
    pub(super) files_version: u64,
    /// The files of the room as messages, each with its version: for the owner, and for guests without receipts.
    pub(super) encoded_files: [Option<(u64, SnapshotMessages)>; 2],
    /// The channel to the open sockets; `None` while there are none, because it takes more memory than all the rest of
    /// a small room.
    pub(super) broadcasts: Option<Sender<Arc<Broadcast>>>,
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
    /// How many new files the room takes for now.
    pub(super) creations: TokenBucket,
    /// How many uses are running that change nothing in the room, such as downloads.
    pub(super) quiet_uses: usize,
    /// When the room was last used, by the monotonic clock of this process.
    pub(super) used_at: Instant,
    /// Whether the room ever had a file, a text or a guest.
    pub(super) was_shared: bool,
}

impl State {
    /// Makes the state of a room that has no events after `record`.
    pub(super) fn new(record: RoomRecord, limits: RoomLimits) -> Self {
        Self {
            decided: record.clone(),
            committed: record,
            replay: Replay::default(),
            files_version: 0,
            encoded_files: [None, None],
            broadcasts: None,
            epoch: 0,
            tokens: HashMap::new(),
            sockets: HashMap::new(),
            seats_are_watched: false,
            coverage: HashMap::new(),
            creations: limits.creation_bucket(),
            quiet_uses: 0,
            used_at: Instant::now(),
            was_shared: false,
        }
    }

    /// Makes the state of a recovered room: nobody is connected, and no download is running.
    pub(super) fn recover(recovered: Recovered, limits: RoomLimits) -> Self {
        let mut record = recovered.record;
        for member in &mut record.snapshot.room.members {
            member.presence = Presence::Reconnecting;
        }
        record.snapshot.room.downloads.clear();
        record.snapshot.room.broken_downloads.clear();
        let unused_ms = match recovered.events.last() {
            // Only an empty room has been unused since its last event. Members who still had a seat were there until
            // the server stopped, so that the unused time starts now.
            Some(last) if record.snapshot.room.members.is_empty() => crate::clock::unix_ms().saturating_sub(last.at_ms),
            _ => 0,
        };
        let now = Instant::now();
        let mut state = Self::new(record, limits);
        state.used_at = now.checked_sub(std::time::Duration::from_millis(unused_ms)).unwrap_or(now);
        state.tokens = recovered.tokens.into_iter().collect();
        // A room with so many events that the first of them is not kept any more was certainly shared.
        state.was_shared = recovered.events.first().is_none_or(|first| first.revision > 1)
            || recovered.events.iter().any(|recorded| shares(&recorded.event));
        // Parts that were joined since are not in the room any more, so the events tell which ones there were.
        let parts: HashSet<FileId> = recovered.events.iter().filter_map(|recorded| part_of(&recorded.event)).collect();
        for Recorded { revision, event, .. } in &recovered.events {
            let audience = event.audience(|id| parts.contains(&id) || state.committed.snapshot.room.is_part(id));
            state.replay.push(*revision, audience, encode_event(*revision, event));
        }
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

    /// Adds an event that is written to the committed room. Returns the message for the members.
    pub(super) fn commit(&mut self, revision: u64, event: &RoomEvent) -> Broadcast {
        let audience = event.audience(|id| self.committed.snapshot.room.is_part(id));
        self.committed.follow(revision, event).expect("the journal writes events in order");
        if let RoomEvent::FileRemoved { id } = event {
            self.coverage.retain(|(file, _), _| file != id);
        }
        let mut forgotten = None;
        if let RoomEvent::MemberForgotten { id } = event {
            forgotten = Some(*id);
            self.tokens.retain(|_, member| member != id);
            self.sockets.remove(id);
            self.coverage.retain(|(_, member), _| member != id);
        }
        if changes_files(event) {
            self.files_version += 1;
        }
        self.was_shared |= shares(event);
        let text = encode_event(revision, event);
        self.replay.push(revision, audience, text.clone());
        Broadcast { text, revision: Some(revision), audience, forgotten, last: matches!(event, RoomEvent::RoomClosed { .. }) }
    }

    /// When nobody has a seat any more, frees the memory that only those who are connected need: whoever comes back later
    /// gets a snapshot instead of the missed events.
    pub(super) fn forget_what_nobody_needs(&mut self) {
        if self.sockets.is_empty() {
            self.sockets = HashMap::new();
            self.replay = Replay::default();
            self.encoded_files = [None, None];
        }
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
    pub(super) fn pass(&mut self, event: PassingEvent) -> Option<Broadcast> {
        let before = self.presence(&event);
        let audience = event.audience(|id| self.committed.snapshot.room.is_part(id));
        self.decided.snapshot.room.pass(&event);
        self.committed.snapshot.room.pass(&event);
        if before.is_some() && before == self.presence(&event) {
            return None;
        }
        if matches!(event, PassingEvent::FileProgress { .. }) {
            self.files_version += 1;
        }
        Some(Broadcast { text: encode(&ServerMessage::Passing { event }), revision: None, audience, forgotten: None, last: false })
    }

    /// Sends a message to all sockets, in the order of the changes of the room. This never blocks.
    pub(super) fn broadcast(&mut self, message: Broadcast) {
        // Sending fails when no socket is left. The next one makes another channel.
        if self.broadcasts.as_ref().is_some_and(|broadcasts| broadcasts.send(Arc::new(message)).is_err()) {
            self.broadcasts = None;
            self.encoded_files = [None, None];
        }
    }

    /// The committed room as this viewer may see it.
    pub(super) fn snapshot_for(&self, viewer: Viewer) -> Snapshot {
        let Snapshot { revision, room } = self.committed.snapshot.clone();
        Snapshot { revision, room: room.seen_by(viewer) }
    }

    /// The messages of the events after revision `since`, or `None` when some of them are no longer kept.
    pub(super) fn events_after(&self, since: u64, viewer: Viewer) -> Option<Vec<Bytes>> {
        self.replay.after(since, self.committed.snapshot.revision, viewer)
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

/// Whether the event changes the list of files.
fn changes_files(event: &RoomEvent) -> bool {
    match event {
        RoomEvent::MemberJoined { .. }
        | RoomEvent::MemberLeft { .. }
        | RoomEvent::MemberRenamed { .. }
        | RoomEvent::DeviceChanged { .. }
        | RoomEvent::SnippetAdded { .. }
        | RoomEvent::SnippetRemoved { .. }
        | RoomEvent::SettingsChanged { .. } => false,
        RoomEvent::MemberForgotten { .. }
        | RoomEvent::FileAdded { .. }
        | RoomEvent::PartAdded { .. }
        | RoomEvent::PartsJoined { .. }
        | RoomEvent::FileSized { .. }
        | RoomEvent::FileCompleted { .. }
        | RoomEvent::FileDigested { .. }
        | RoomEvent::FileReopened { .. }
        | RoomEvent::FileReceived { .. }
        | RoomEvent::ThumbnailAdded { .. }
        | RoomEvent::ThumbnailLost { .. }
        | RoomEvent::FileRemoved { .. }
        | RoomEvent::RoomClosed { .. } => true,
    }
}

/// Whether a room with such an event in its past was more than opened: it had a file, a text or a guest.
fn shares(event: &RoomEvent) -> bool {
    match event {
        RoomEvent::MemberJoined { member } => member.role == Role::Guest,
        RoomEvent::FileAdded { .. } | RoomEvent::PartAdded { .. } | RoomEvent::SnippetAdded { .. } => true,
        _ => false,
    }
}

/// The part that the event is about, if it announces one.
fn part_of(event: &RoomEvent) -> Option<FileId> {
    match event {
        RoomEvent::PartAdded { file } => Some(file.id),
        _ => None,
    }
}

fn encode_event(revision: u64, event: &RoomEvent) -> Bytes {
    encode(&ServerMessage::Event { revision, event: event.clone() })
}
