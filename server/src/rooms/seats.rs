//! Seats: taking one, coming back to one, and changing the name or the device of its member.

use app::room::{Device, DisplayName, Member, MemberId, Presence, Role, RoomEvent};
use rand::RngExt as _;
use tokio::time::Instant;

use super::{
    RecordError, RoomHandle,
    decision::{DecidedRoom, Decision},
    member_sockets::MemberSockets,
    names,
    state::State,
};
use crate::{tasks::detached, token};

/// Somebody who wants a seat.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// The name that the newcomer chose; without one, the room makes one up.
    pub name: Option<DisplayName>,
    /// The device that the newcomer uses.
    pub device: Device,
    /// The network address of the newcomer.
    pub address: String,
}

/// A seat that was just taken. The server does not keep the token itself, so the caller must pass it on to the member.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The id of the member.
    pub member: MemberId,
    /// What the member may do.
    pub role: Role,
    /// The token with which the member proves the right to the seat from now on.
    pub token: String,
}

/// Why somebody gets no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSeat {
    /// The owner locked the room.
    Locked,
    /// So many seats, which is all that there are, belong to members who are connected.
    Full(usize),
}

/// The owner wants to leave the room, but can only close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerStays;

impl RoomHandle {
    /// Gives `newcomer` a seat as a guest.
    ///
    /// # Errors
    /// [`RecordError::Refused`] with the reason, or why the seat could not be recorded.
    pub async fn join(&self, newcomer: Newcomer) -> Result<Seat, RecordError<NoSeat>> {
        self.seat(newcomer, Role::Guest).await
    }

    /// Gives `newcomer` a seat with this role, and holds it until the member connects or the grace period is over.
    ///
    /// # Errors
    /// [`RecordError::Refused`] with the reason, or why the seat could not be recorded.
    pub(super) async fn seat(&self, newcomer: Newcomer, role: Role) -> Result<Seat, RecordError<NoSeat>> {
        let id = MemberId::new(rand::rng().random());
        let token = token::new();
        let hash = token::hash(&token);
        let room = self.clone();
        let most = self.inner.settings.limits.members;
        // Detached, so that a client who disconnects meanwhile does not leave a seat behind that nobody gives up.
        detached(async move {
            room.record(|room| {
                if room.settings.locked {
                    return Err(NoSeat::Locked);
                }
                let mut events = free_a_seat(room, most)?;
                let Newcomer { name, device, address } = newcomer.clone();
                let name = name.unwrap_or_else(|| names::friendly(room));
                let member = Member { id, name, role, device, address, presence: Presence::Reconnecting };
                events.push(RoomEvent::MemberJoined { member });
                Ok(Decision { events, token: Some((hash, id)) })
            })
            .await?;
            room.hold_seat(id);
            Ok(Seat { member: id, role, token })
        })
        .await
    }

    /// Brings a member who left back into the list of members. Does nothing for a member who is in the list.
    ///
    /// # Errors
    /// Why the return could not be recorded.
    pub async fn take_seat_again(&self, id: MemberId) -> Result<(), RecordError> {
        let room = self.clone();
        detached(async move {
            room.record(|room| {
                let member = room.departed(id).map(|member| Member { presence: Presence::Reconnecting, ..member.clone() });
                Ok(member.map(|member| RoomEvent::MemberJoined { member }))
            })
            .await?;
            room.hold_seat(id);
            Ok(())
        })
        .await
    }

    /// Gives up the seat of a guest for good: the member is in no list any more, and the token proves nothing. Does nothing
    /// for somebody who has no seat.
    ///
    /// # Errors
    /// [`RecordError::Refused`] for the owner, or why it could not be recorded.
    pub async fn leave(&self, id: MemberId) -> Result<(), RecordError<OwnerStays>> {
        self.record(|room| {
            let events = match (room.member(id), room.departed(id)) {
                (Some(member), _) | (None, Some(member)) if member.role == Role::Owner => return Err(OwnerStays),
                (Some(_), _) => vec![RoomEvent::MemberLeft { id }, RoomEvent::MemberForgotten { id }],
                (None, Some(_)) => vec![RoomEvent::MemberForgotten { id }],
                (None, None) => Vec::new(),
            };
            Ok(events)
        })
        .await
    }

    /// Changes the name of a member.
    ///
    /// # Errors
    /// Why the change could not be recorded.
    pub async fn rename(&self, id: MemberId, name: DisplayName) -> Result<(), RecordError> {
        self.record(|room| {
            let has_other = room.member(id).is_some_and(|member| member.name != name);
            Ok(has_other.then(|| RoomEvent::MemberRenamed { id, name: name.clone() }))
        })
        .await
    }

    /// Corrects what is known of a member's device.
    ///
    /// # Errors
    /// Why the change could not be recorded.
    pub async fn change_device(&self, id: MemberId, device: Device) -> Result<(), RecordError> {
        self.record(|room| {
            let has_other = room.member(id).is_some_and(|member| member.device != device);
            Ok(has_other.then(|| RoomEvent::DeviceChanged { id, device: device.clone() }))
        })
        .await
    }
}

/// The events after which the room has a seat for one more member, where it may have `most`: none while there are seats
/// left, and otherwise those with which a member who is away loses a seat. That is the one who left first; if nobody has
/// left, the one who has been without a connection for longest. The owner keeps the seat, and so does whoever is
/// transferring something.
fn free_a_seat(room: &DecidedRoom<'_>, most: usize) -> Result<Vec<RoomEvent>, NoSeat> {
    if room.seats_given_out() < most {
        return Ok(Vec::new());
    }
    let is_idle = |member: &&Member| {
        let (state, id) = (room.state(), member.id);
        member.role == Role::Guest && !state.is_connected(id) && !state.is_transferring(id)
    };
    if let Some(Member { id, .. }) = room.departed_members().iter().find(is_idle) {
        return Ok(vec![RoomEvent::MemberForgotten { id: *id }]);
    }
    let held = room.members.iter().filter(is_idle).filter_map(|member| Some((room.state().held_until(member.id)?, member.id)));
    let (_, id) = held.min().ok_or(NoSeat::Full(most))?;
    Ok(vec![RoomEvent::MemberLeft { id }, RoomEvent::MemberForgotten { id }])
}

impl State {
    /// Whether the member has an open socket.
    fn is_connected(&self, id: MemberId) -> bool {
        self.sockets.get(&id).is_some_and(MemberSockets::is_connected)
    }

    /// Whether the member is downloading something.
    fn is_transferring(&self, id: MemberId) -> bool {
        self.coverage.iter().any(|((_, member), coverage)| *member == id && coverage.running > 0)
    }

    /// Until when the seat of the member is held; `None` for a member who is connected.
    fn held_until(&self, id: MemberId) -> Option<Instant> {
        self.sockets.get(&id)?.held_until
    }
}
