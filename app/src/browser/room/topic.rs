//! [`Topic`]: the parts of a room's state, for which components are told of changes.

use crate::room::{FileId, MemberId};

/// A part of the room's state on which a component may depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The settings, and whether the room is closed.
    Settings,
    /// Who has a seat, and under which name.
    Seats,
    /// The presence of each member.
    Presence,
    /// Which files there are, how long they are, and whether they are complete.
    Files,
    /// How many bytes of each file have arrived.
    Progress,
    /// Which members are downloading which files, and which downloads broke off.
    Downloads,
    /// Which members have which files.
    Receipts,
    /// The texts.
    Snippets,
    /// Everything about one member.
    Member(MemberId),
    /// Everything about one file.
    File(FileId),
}
