//! The input and the result of a decision: the room that it looks at, and the events to record.

use std::ops::Deref;

use app::room::{Member, MemberId, Room, RoomEvent};

use super::state::State;
use crate::journal::TokenHash;

/// The room with every decided event, as a decision sees it while nobody else can change it. It dereferences to the
/// [`Room`]. What members must not see of the room is accessible inside `rooms` only.
#[derive(Debug)]
pub struct DecidedRoom<'a> {
    state: &'a State,
}

impl<'a> DecidedRoom<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        Self { state }
    }

    /// How many seats the room has given out, including those of members who left.
    pub(super) fn seats_given_out(&self) -> usize {
        self.members.len() + self.state.decided.departed.len()
    }

    /// A member who left and may come back to the seat.
    pub(super) fn departed(&self, id: MemberId) -> Option<&Member> {
        self.state.decided.departed.iter().find(|member| member.id == id)
    }

    /// The members who left and may come back to their seats, the one who left first at the front.
    pub(super) fn departed_members(&self) -> &[Member] {
        &self.state.decided.departed
    }

    /// The whole state of the room.
    pub(super) fn state(&self) -> &State {
        self.state
    }
}

impl Deref for DecidedRoom<'_> {
    type Target = Room;

    fn deref(&self) -> &Room {
        &self.state.decided.snapshot.room
    }
}

/// Events that are recorded together, one directly after the other. Either all of them are acknowledged or none; a
/// process that ends in the middle of the write may leave the first of them.
#[derive(Debug, Default)]
pub struct Decision {
    pub(super) events: Vec<RoomEvent>,
    /// A token that becomes valid when the events are committed.
    pub(super) token: Option<(TokenHash, MemberId)>,
}

impl From<RoomEvent> for Decision {
    fn from(event: RoomEvent) -> Self {
        vec![event].into()
    }
}

/// `None` is a decision to change nothing.
impl From<Option<RoomEvent>> for Decision {
    fn from(event: Option<RoomEvent>) -> Self {
        Self { events: event.into_iter().collect(), token: None }
    }
}

impl From<Vec<RoomEvent>> for Decision {
    fn from(events: Vec<RoomEvent>) -> Self {
        Self { events, token: None }
    }
}
