//! The sockets of one member.

use std::{collections::HashMap, time::Duration};

use app::room::Presence;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::RoomLimits;
use crate::token_bucket::TokenBucket;

/// The open sockets of one member, who has one for each open tab of the same browser, and the time until which the seat
/// is held when there is none.
#[derive(Debug, Default)]
pub(super) struct MemberSockets {
    /// The open sockets by number; the value says whether the socket's tab is visible.
    pub(super) visibility: HashMap<u64, bool>,
    /// The number of the newest socket.
    newest: u64,
    /// Cancelled when the last of the sockets that are open now closes.
    pub(super) departure: CancellationToken,
    /// When the seat is given up; `None` while the member is connected.
    pub(super) held_until: Option<Instant>,
    /// How many frames and how many messages the member may still send, over all sockets. `None` before the first frame.
    allowed: Option<Box<(TokenBucket, TokenBucket)>>,
}

impl MemberSockets {
    pub(super) fn is_connected(&self) -> bool {
        !self.visibility.is_empty()
    }

    /// Whether the seat was held for a member who has not come back by `now`.
    pub(super) fn ran_out(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| until <= now)
    }

    /// Counts a frame that the member sent, and returns whether the member may send so many.
    pub(super) fn count_frame(&mut self, limits: RoomLimits, now: Instant) -> bool {
        self.allowed(limits, now).0.spend(now).is_ok()
    }

    /// Counts a message that the member sent.
    ///
    /// # Errors
    /// The time after which the member may send one.
    pub(super) fn count_message(&mut self, limits: RoomLimits, now: Instant) -> Result<(), Duration> {
        self.allowed(limits, now).1.spend(now)
    }

    fn allowed(&mut self, limits: RoomLimits, now: Instant) -> &mut (TokenBucket, TokenBucket) {
        self.allowed.get_or_insert_with(|| Box::new((limits.frame_bucket(now), limits.message_bucket(now))))
    }

    /// Adds a new socket and returns its number.
    pub(super) fn enter(&mut self) -> u64 {
        if !self.is_connected() {
            self.departure = CancellationToken::new();
            self.held_until = None;
        }
        self.newest += 1;
        self.visibility.insert(self.newest, true);
        self.newest
    }

    pub(super) fn leave(&mut self, socket: u64) {
        self.visibility.remove(&socket);
        if !self.is_connected() {
            self.departure.cancel();
        }
    }

    pub(super) fn presence(&self) -> Presence {
        if self.visibility.values().any(|visible| *visible) {
            Presence::Connected
        } else if self.visibility.is_empty() {
            Presence::Reconnecting
        } else {
            Presence::Away
        }
    }
}
