//! The settings of all rooms: their PINs, how long seats are held, and how much of everything they may have.

use std::time::Duration;

use tokio::time::Instant;

use crate::token_bucket::{Rate, TokenBucket};

/// How many new files a room takes each second, beyond those that it takes [at once](RoomLimits::creations).
const CREATIONS_PER_SECOND: f64 = 50.0;
/// How many frames a member may send each second, beyond those [at once](RoomLimits::frames). A page sends a handful in a
/// minute; each open tab answers a heartbeat every few seconds.
const FRAMES_PER_SECOND: f64 = 20.0;
/// How many messages a member may send each second, beyond those [at once](RoomLimits::messages). A person does not cause more,
/// and a script does not need more.
const MESSAGES_PER_SECOND: f64 = 2.0;

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
    /// How many frames, of whatever kind, a member may send at once over all sockets; 20 more are taken each second.
    pub frames: usize,
    /// How many of the frames may be messages, which are carried out; two more are taken each second.
    pub messages: usize,
    /// How many files may be added at once; 50 more are taken each second.
    pub creations: usize,
    /// The most bytes of all names of files and all texts.
    pub text_bytes: usize,
}

impl RoomLimits {
    /// The new files of a room that took none yet.
    pub(super) fn creation_bucket(self) -> TokenBucket {
        full(self.creations, CREATIONS_PER_SECOND, Instant::now())
    }

    /// The frames of a member who sent none yet.
    pub(super) fn frame_bucket(self, now: Instant) -> TokenBucket {
        full(self.frames, FRAMES_PER_SECOND, now)
    }

    /// The messages of a member who sent none yet.
    pub(super) fn message_bucket(self, now: Instant) -> TokenBucket {
        full(self.messages, MESSAGES_PER_SECOND, now)
    }
}

fn full(burst: usize, per_second: f64, now: Instant) -> TokenBucket {
    #[expect(clippy::cast_precision_loss, reason = "a limit so high that it loses digits is no limit")]
    let burst = burst as f64;
    TokenBucket::full(Rate { burst, per_second }, now)
}

impl Default for RoomSettings {
    /// The settings that a server has without flags.
    fn default() -> Self {
        let limits = RoomLimits {
            members: 1000,
            sockets: 2000,
            sockets_per_member: 8,
            frames: 60,
            messages: 30,
            creations: 1000,
            text_bytes: 4 << 20,
        };
        Self { pin_digits: 6, grace: Duration::from_secs(60), max_rooms: usize::MAX, max_rooms_per_address: 100, limits }
    }
}
