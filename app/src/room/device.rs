//! The device of a member.

use serde::{Deserialize, Serialize};

/// What is known of a member's device, by what its browser says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The kind of device, which decides the icon.
    pub kind: DeviceKind,
    /// The browser or program, such as "Firefox", "Safari" or "curl"; empty when unknown.
    pub browser: String,
    /// The system, such as "iPhone", "Android" or "Linux"; empty when unknown.
    pub system: String,
}

/// The kinds of devices that the interface tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A desktop or laptop computer, and every device whose kind is unknown, such as that of a script.
    Desktop,
}
