//! Rooms and events as the journal stores them.

use app::room::{Gap, Member, MemberId, RoomEvent, Snapshot, push_first};
use serde::{Deserialize, Serialize};

use super::TokenHash;

/// A room, with the data that its members must not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// The room, and the revision of its last event.
    pub snapshot: Snapshot,
    /// Members who left. They are kept so that they get the same seat when they come back.
    pub departed: Vec<Member>,
}

impl RoomRecord {
    /// Applies event number `revision` to the room. A member who leaves is kept in [`departed`](Self::departed).
    ///
    /// # Errors
    /// [`Gap`] when events before this one are missing; nothing is changed then.
    pub fn follow(&mut self, revision: u64, event: &RoomEvent) -> Result<(), Gap> {
        let leaver = match event {
            RoomEvent::MemberLeft { id } => self.snapshot.room.member(*id).cloned(),
            _ => None,
        };
        self.snapshot.follow(revision, event)?;
        if let RoomEvent::MemberJoined { member: Member { id, .. } } | RoomEvent::MemberForgotten { id } = event {
            self.departed.retain(|departed| departed.id != *id);
        }
        if let Some(leaver) = leaver {
            push_first(&mut self.departed, leaver);
        }
        Ok(())
    }

    /// Applies event number `revision` to the room, also when events before it are missing because the disk lost them.
    /// Returns whether some are.
    pub(super) fn follow_over_gaps(&mut self, revision: u64, event: &RoomEvent) -> bool {
        let is_gap = revision > self.snapshot.revision + 1;
        if is_gap {
            self.snapshot.revision = revision - 1;
        }
        self.follow(revision, event).expect("no gap is left");
        is_gap
    }
}

/// A recorded event, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The revision of the room after the event.
    pub revision: u64,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub event: RoomEvent,
}

/// A room as it was read from the journal at the start.
#[derive(Debug)]
pub struct Recovered {
    /// The room with every event applied.
    pub record: RoomRecord,
    /// The events that can be replayed, oldest first.
    pub events: Vec<Recorded>,
    /// The hashes of the tokens, each with the member to whom the token belongs.
    pub tokens: Vec<(TokenHash, MemberId)>,
}
