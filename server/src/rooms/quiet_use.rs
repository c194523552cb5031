//! When a room was last used, including uses that change nothing in it, such as downloads. A room that is in use does
//! not expire.

use tokio::time::Instant;

use super::{RoomHandle, member_sockets::MemberSockets};

/// A use of a room that lasts until this is dropped.
#[derive(Debug)]
pub struct QuietUse {
    room: RoomHandle,
}

impl RoomHandle {
    /// When the room was last used. While a member is connected or a [`QuietUse`] is running, that is `now`.
    pub(super) fn used_at(&self, now: Instant) -> Instant {
        let state = self.lock();
        let connected = state.sockets.values().any(MemberSockets::is_connected);
        if connected || state.quiet_uses > 0 { now } else { state.used_at }
    }

    /// Notes that the room was used just now, in a way that changes nothing in it.
    pub(super) fn touch(&self) {
        self.lock().used_at = Instant::now();
    }

    /// Begins a use that changes nothing in the room.
    #[must_use]
    pub fn use_quietly(&self) -> QuietUse {
        self.lock().quiet_uses += 1;
        QuietUse { room: self.clone() }
    }
}

impl Drop for QuietUse {
    fn drop(&mut self) {
        let mut state = self.room.lock();
        state.quiet_uses -= 1;
        state.used_at = Instant::now();
    }
}
