//! The bodies of requests and answers as JSON: server and browser use the same types.

use serde::{Deserialize, Serialize};

use crate::room::{MemberId, Pin, Role, Snapshot, SnippetId};

/// The body of `POST /api/rooms` and `POST /api/rooms/{pin}/members`. It may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The name of the new member. Without one, the server makes up a name.
    #[serde(default)]
    pub name: Option<String>,
}

/// The answer to `GET /api/rooms/{pin}`: the room, and which of its members asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// The room as it is now.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// The id of the member who asks.
    pub you: MemberId,
}

/// The answer to creating or joining a room: the new seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The PIN of the room.
    pub pin: Pin,
    /// What the member may do.
    pub role: Role,
    /// The id of the new member.
    pub member: MemberId,
    /// The secret that proves the seat, to be sent as `Authorization: Bearer`. Browsers get it as a cookie, too.
    pub token: String,
}

/// A room in which the browser has a seat. `GET /api/rooms` answers with a list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRoom {
    /// The PIN of the room.
    pub pin: Pin,
    /// What the member may do.
    pub role: Role,
    /// How many files are in the room.
    pub files: usize,
    /// When the room was opened, in milliseconds since the Unix epoch.
    pub opened_at_ms: u64,
}

/// The body of `POST /api/rooms/{pin}/snippets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddSnippet {
    /// The text that members can copy. The server checks it.
    pub text: String,
}

/// The answer to [`AddSnippet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnippetAdded {
    /// The id of the new text, with which it can be removed.
    pub id: SnippetId,
}
