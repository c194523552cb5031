//! The settings of all rooms: their PINs, how long seats are held, and how much of everything they may have.

use std::time::Duration;

use tokio::time::Instant;

use crate::token_bucket::{Rate, TokenBucket};

/// How many new files a room takes each second, beyond those that it takes [at once](RoomLimits::creations).
const CREATIONS_PER_SECOND: f64 = 50.0;

/// The settings of all rooms.
#[derive(Clone, Copy, Debug)]
pub struct RoomSettings {
    /// How many digits a new PIN has.
    pub pin_digits: usize,
    /// How long the seat of a member without a connection is held.
    pub grace: Duration,
    /// How many rooms may be open.
    pub max_rooms: usize,
    /// How many rooms that were created from one address may be open.
    pub max_rooms_per_address: usize,
    /// The limits of each room.
    pub limits: RoomLimits,
}

/// The limits of one room.
#[derive(Clone, Copy, Debug)]
pub struct RoomLimits {
    /// The most members, including those who left and whose seats nobody else needed.
    pub members: usize,
    /// The most open sockets.
    pub sockets: usize,
    /// The most open sockets of one member.
    pub sockets_per_member: usize,
    /// How many files may be added at once; 50 more are taken each second.
    pub creations: usize,
    /// The most bytes of all names of files and all texts.
    pub text_bytes: usize,
}

impl RoomLimits {
    /// The new files of a room that took none yet.
    pub(super) fn creation_bucket(self) -> TokenBucket {
        #[expect(clippy::cast_precision_loss, reason = "a limit so high that it loses digits is no limit")]
        let burst = self.creations as f64;
        TokenBucket::full(Rate { burst, per_second: CREATIONS_PER_SECOND }, Instant::now())
    }
}

impl Default for RoomSettings {
    /// The settings that a server has without flags.
    fn default() -> Self {
        let limits = RoomLimits { members: 1000, sockets: 2000, sockets_per_member: 8, creations: 1000, text_bytes: 4 << 20 };
        Self { pin_digits: 6, grace: Duration::from_secs(60), max_rooms: usize::MAX, max_rooms_per_address: 100, limits }
    }
}
