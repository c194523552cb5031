//! A member of a room: a seat, and who has it.

use serde::{Deserialize, Serialize};

use super::{Device, DisplayName, MemberId};

/// One member: a browser or a script that joined. All tabs of a browser are one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Identifies the member for as long as the room exists, also after leaving and coming back.
    pub id: MemberId,
    /// The name that the other members see. Two members may have the same name.
    pub name: DisplayName,
    /// What the member may do.
    pub role: Role,
    /// The device with which the member joined.
    pub device: Device,
    /// The network address from which the member joined, as the server saw it.
    pub address: String,
    /// Whether the member is connected now.
    pub presence: Presence,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The member who created the room: adds and removes files and texts, locks the room and closes it.
    Owner,
    /// A member who joined with the PIN: sees the room and downloads files.
    Guest,
}

/// Whether a member is connected now. A member who left is not in [`Room::members`](super::Room::members).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The member is connected, and at least one tab is visible.
    Connected,
    /// The member is connected, but every tab is in the background.
    Away,
    /// The member has no live connection. The seat is held for a while.
    Reconnecting,
}
