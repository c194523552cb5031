//! Attendance: opens and closes the sockets of members, and tells the room the presence that follows from them.

use std::time::Duration;

use app::room::{MemberId, PassingEvent};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{RecordError, RoomHandle, member_sockets::MemberSockets, state::State};

/// One live socket of a member. While it exists, the member is connected. Dropping the member's last one starts the
/// time for which the seat is held.
#[derive(Debug)]
pub struct Attendance {
    room: RoomHandle,
    member: MemberId,
    socket: u64,
}

/// Why a member gets no further socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSocket {
    /// The member has this many, which is the most.
    OfMember(usize),
    /// The room has this many, which is the most. This is no reason to refuse a member's first socket.
    OfRoom(usize),
    /// The seat was given to somebody else meanwhile.
    NoSeat,
}

impl Attendance {
    /// The member whose socket this is.
    #[must_use]
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// Counts a frame that came over the socket, and returns whether the member may send so many. All sockets of a member
    /// count together.
    #[must_use]
    pub fn count_frame(&self) -> bool {
        let limits = self.room.inner.settings.limits;
        self.room.lock().sockets.entry(self.member).or_default().count_frame(limits, Instant::now())
    }

    /// Counts a message that came over the socket, before it is carried out. All sockets of a member count together.
    ///
    /// # Errors
    /// The time after which the member may send one.
    pub fn count_message(&self) -> Result<(), Duration> {
        let limits = self.room.inner.settings.limits;
        self.room.lock().sockets.entry(self.member).or_default().count_message(limits, Instant::now())
    }

    /// Notes whether the socket's tab is visible.
    pub fn set_visible(&self, visible: bool) {
        self.room.change_attendance(self.member, |sockets| {
            sockets.visibility.insert(self.socket, visible);
        });
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.room.change_attendance(self.member, |sockets| sockets.leave(self.socket));
        self.room.touch();
        self.room.hold_seat(self.member);
    }
}

impl RoomHandle {
    /// Adds a new socket of `member`. A member who left gets the same seat back.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when there are too many sockets, or the error with which recording the member's return
    /// failed.
    pub async fn attend(&self, member: MemberId) -> Result<Attendance, RecordError<NoSocket>> {
        // The socket is added first, so that the seat cannot be given up in between.
        let socket = {
            let mut state = self.lock();
            self.check_sockets(&state, member).map_err(RecordError::Refused)?;
            state.sockets.entry(member).or_default().enter()
        };
        let attendance = Attendance { room: self.clone(), member, socket };
        self.take_seat_again(member).await.map_err(|error| match error {
            RecordError::Closed => RecordError::Closed,
            RecordError::Journal(error) => RecordError::Journal(error),
            RecordError::Refused(never) => match never {},
        })?;
        // A newcomer may have got the seat just before the socket was added.
        if self.lock().decided.snapshot.room.member(member).is_none() {
            return Err(RecordError::Refused(NoSocket::NoSeat));
        }
        // The presence is told now, because a member who had left was not in the list before.
        self.change_attendance(member, |_| {});
        Ok(attendance)
    }

    /// Checks that the member may open another socket.
    ///
    /// # Errors
    /// [`NoSocket`].
    pub fn may_attend(&self, member: MemberId) -> Result<(), NoSocket> {
        self.check_sockets(&self.lock(), member)
    }

    fn check_sockets(&self, state: &State, member: MemberId) -> Result<(), NoSocket> {
        let limits = self.inner.settings.limits;
        let own = state.sockets.get(&member).map_or(0, |sockets| sockets.visibility.len());
        if own >= limits.sockets_per_member {
            return Err(NoSocket::OfMember(limits.sockets_per_member));
        }
        let open = state.sockets.values().map(|sockets| sockets.visibility.len()).sum::<usize>();
        // Everybody who has a seat gets one socket, so that others cannot lock the owner or a member out.
        if open >= limits.sockets && own > 0 { Err(NoSocket::OfRoom(limits.sockets)) } else { Ok(()) }
    }

    /// A token that is cancelled when the last socket of a connected member closes. `None` for a member without a
    /// socket, such as a program that has no page.
    #[must_use]
    pub fn departure(&self, member: MemberId) -> Option<CancellationToken> {
        let state = self.lock();
        let sockets = state.sockets.get(&member).filter(|sockets| sockets.is_connected())?;
        Some(sockets.departure.clone())
    }

    fn change_attendance(&self, member: MemberId, change: impl FnOnce(&mut MemberSockets)) {
        let presence = {
            let mut state = self.lock();
            let sockets = state.sockets.entry(member).or_default();
            change(sockets);
            sockets.presence()
        };
        self.pass(PassingEvent::PresenceChanged { id: member, presence });
    }
}
