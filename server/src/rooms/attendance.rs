//! Who is there: counts a member's open sockets, and holds the seat of one who has none.

use std::collections::HashMap;

use app::room::{MemberId, PassingEvent, Presence, RoomEvent};

use tokio_util::sync::CancellationToken;

use super::{RecordError, RoomHandle};

/// The open sockets of one member: several tabs of one browser are one member.
#[derive(Debug, Default)]
pub(super) struct Attending {
    /// Socket → whether its tab can be seen.
    sockets: HashMap<u64, bool>,
    /// Numbers sockets, and tells a timer whether anything happened since it was set.
    counter: u64,
    /// Cancelled with the last of the sockets that are open now.
    departure: CancellationToken,
}

impl Attending {
    pub(super) fn is_connected(&self) -> bool {
        !self.sockets.is_empty()
    }

    /// Counts a new socket in and returns its number.
    fn enter(&mut self) -> u64 {
        if !self.is_connected() {
            self.departure = CancellationToken::new();
        }
        self.counter += 1;
        self.sockets.insert(self.counter, true);
        self.counter
    }

    fn leave(&mut self, socket: u64) {
        self.sockets.remove(&socket);
        if !self.is_connected() {
            self.departure.cancel();
        }
    }

    fn presence(&self) -> Presence {
        if self.sockets.values().any(|visible| *visible) {
            Presence::Connected
        } else if self.sockets.is_empty() {
            Presence::Reconnecting
        } else {
            Presence::Away
        }
    }
}

/// One live socket of a member. While it exists the member is connected; dropping it starts the time
/// for which the seat is held.
#[derive(Debug)]
pub struct Attendance {
    room: RoomHandle,
    member: MemberId,
    socket: u64,
}

impl Attendance {
    /// Whose socket it is.
    #[must_use]
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// The tab came to the front or went to the back.
    pub fn set_visible(&self, visible: bool) {
        self.room.change_attendance(self.member, |attending| {
            attending.sockets.insert(self.socket, visible);
        });
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.room.change_attendance(self.member, |attending| attending.leave(self.socket));
        self.room.touch();
        self.room.hold_seat(self.member);
    }
}

impl RoomHandle {
    /// Counts a new socket of `member` in; one who left gets the same seat back.
    ///
    /// # Errors
    /// Why the return could not be recorded.
    pub async fn attend(&self, member: MemberId) -> Result<Attendance, RecordError> {
        // Counted first, so that the seat cannot be given up in between.
        let mut socket = 0;
        self.change_attendance(member, |attending| socket = attending.enter());
        let attendance = Attendance { room: self.clone(), member, socket };
        self.take_seat_again(member).await?;
        self.change_attendance(member, |_| {});
        Ok(attendance)
    }

    /// Cancelled when a member who is connected now is not any more; nothing for one who is not, as programs
    /// without a page are.
    #[must_use]
    pub fn departure(&self, member: MemberId) -> Option<CancellationToken> {
        let state = self.lock();
        let attending = state.attending.get(&member).filter(|attending| attending.is_connected())?;
        Some(attending.departure.clone())
    }

    /// Gives the seat up after the grace, unless its member connects before that.
    pub(super) fn hold_seat(&self, member: MemberId) {
        let counter = {
            let mut state = self.lock();
            let attending = state.attending.entry(member).or_default();
            if attending.is_connected() {
                return;
            }
            attending.counter += 1;
            attending.counter
        };
        let room = self.clone();
        tokio::spawn(async move {
            if room.until_ended(tokio::time::sleep(room.grace())).await.is_some() {
                room.give_seat_up(member, counter).await;
            }
        });
    }

    async fn give_seat_up(&self, member: MemberId, counter: u64) {
        let left = self.record_with(
            |state| {
                let untouched = state.attending.get(&member).is_some_and(|it| !it.is_connected() && it.counter == counter);
                let seated = state.head.snapshot.room.member(member).is_some();
                if untouched && seated { Ok(RoomEvent::MemberLeft { id: member }) } else { Err(()) }
            },
            None,
        );
        if let Err(RecordError::Journal(error)) = left.await {
            tracing::warn!(%error, "a seat could not be given up");
        }
    }

    fn change_attendance(&self, member: MemberId, change: impl FnOnce(&mut Attending)) {
        let presence = {
            let mut state = self.lock();
            let attending = state.attending.entry(member).or_default();
            change(attending);
            attending.presence()
        };
        self.pass(PassingEvent::PresenceChanged { id: member, presence });
    }
}
