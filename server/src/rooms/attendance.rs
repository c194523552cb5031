//! Attendance: opens and closes the sockets of members, and tells the room the presence that follows from them.

use app::room::{MemberId, PassingEvent};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{RecordError, RoomHandle, member_sockets::MemberSockets};

/// One live socket of a member. While it exists, the member is connected. Dropping the member's last one starts the
/// time for which the seat is held.
#[derive(Debug)]
pub struct Attendance {
    room: RoomHandle,
    member: MemberId,
    socket: u64,
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
        let mut state = self.room.lock();
        state.sockets.entry(self.member).or_default().count_frame(Instant::now())
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
    /// The error with which recording the member's return failed.
    pub async fn attend(&self, member: MemberId) -> Result<Attendance, RecordError> {
        // The socket is added first, so that the seat cannot be given up in between.
        let mut socket = 0;
        self.change_attendance(member, |sockets| socket = sockets.enter());
        let attendance = Attendance { room: self.clone(), member, socket };
        self.take_seat_again(member).await?;
        // Tells the presence again: before, a member who had left was not in the list.
        self.change_attendance(member, |_| {});
        Ok(attendance)
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
