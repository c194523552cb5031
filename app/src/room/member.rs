//! A seat in a room, and who is in it.

use serde::{Deserialize, Serialize};

use super::{DisplayName, MemberId};

/// One seat: a browser or a script that joined, however many tabs it has open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Names the seat for as long as the room lives, also across leaving and coming back.
    pub id: MemberId,
    /// What the others read; unique only by courtesy.
    pub name: DisplayName,
    /// What the member may do.
    pub role: Role,
    /// What the member joined with.
    pub device: Device,
    /// The network address that the server saw.
    pub address: String,
    /// Whether somebody is there now.
    pub presence: Presence,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Created the room: adds and removes files, locks and closes.
    Owner,
    /// Joined with the PIN: sees and downloads.
    Guest,
}

/// Whether a member is there now. One that left has no seat in [`Room::members`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// At least one open tab is visible.
    Connected,
    /// Connected, but every tab is in the background.
    Away,
    /// No live connection; the seat is held for a while.
    Reconnecting,
}

/// What a member's browser says it runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Which drawing stands for it.
    pub kind: DeviceKind,
    /// "Firefox", "Safari", "curl"; empty when unknown.
    pub browser: String,
    /// "iPhone", "Android", "Linux"; empty when unknown.
    pub system: String,
}

/// The three shapes that people tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// Everything with a screen of its own size, and programs without one.
    Desktop,
}
