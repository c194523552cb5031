//! What travels: messages of the live socket, bodies of requests, addresses.

pub mod cookie;
mod place;
mod problem;

use serde::{Deserialize, Serialize};

pub use place::Place;
pub use problem::{Problem, ProblemCode};

use crate::{
    i18n::{self, Language},
    room::{FileId, MemberId, PassingEvent, Pin, Role, RoomEvent, Snapshot, SnippetId},
};

/// The close code that ends every socket of a closed room.
pub const CLOSE_ROOM_CLOSED: u16 = 4001;
/// The close code of a server that stops: come back in a moment (RFC 6455 registry, "service restart").
pub const CLOSE_RESTART: u16 = 1012;
/// How often the server says it is alive. Both sides give up after two silent periods.
pub const HEARTBEAT_SECS: u32 = 20;

/// What the server says over the live socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The room as it is: the first message without `since`, and whenever events cannot be replayed.
    Snapshot(Snapshot),
    /// The next recorded event.
    Event {
        /// Its number.
        revision: u64,
        /// What happened.
        event: RoomEvent,
    },
    /// Something that is never stored.
    Passing {
        /// What is the case now.
        event: PassingEvent,
    },
    /// Every missed event has been sent; the room is at `revision`.
    CaughtUp {
        /// Number of the room's last recorded event.
        revision: u64,
    },
    /// Nothing happened, the connection works. Browsers cannot see WebSocket pings.
    Heartbeat,
    /// A client message was refused.
    Problem(Problem),
}

/// What a client says over the live socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// What the user agent string does not tell.
    Hello {
        /// `navigator.maxTouchPoints`: an iPad claims to be a Mac, but a Mac has none.
        touch_points: u32,
    },
    /// This tab came to the front or went to the back.
    Visibility {
        /// Whether it can be seen.
        visible: bool,
    },
    /// Call me something else.
    Rename {
        /// The name, checked by the server.
        name: String,
    },
    /// Let nobody new in, or let them in again; the owner's.
    SetLocked {
        /// Whether the room is locked.
        locked: bool,
    },
    /// This tab sends no more of a file for now; the owner's. Between two chunks nobody else could tell.
    UploadPaused {
        /// Which file.
        id: FileId,
    },
    /// Are you there? Answered with [`ServerMessage::Heartbeat`].
    Heartbeat,
}

/// Body of `POST /api/rooms` and `POST /api/rooms/{pin}/members`; may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// What to be called; the server makes up a name where there is none.
    #[serde(default)]
    pub name: Option<String>,
}

/// The answer to `GET /api/rooms/{pin}`: the room, and who is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// The room as it is.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// The seat of whoever asked.
    pub you: MemberId,
}

/// The answer to creating and joining: a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The room.
    pub pin: Pin,
    /// What the seat allows.
    pub role: Role,
    /// Its id.
    pub member: MemberId,
    /// Proves the seat, as `Authorization: Bearer`; browsers get it as a cookie too.
    pub token: String,
}

/// A room in which this browser has a seat: what `GET /api/rooms` lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRoom {
    /// Which.
    pub pin: Pin,
    /// What the seat allows.
    pub role: Role,
}

/// Body of `POST /api/rooms/{pin}/snippets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddSnippet {
    /// What members may copy, checked by the server.
    pub text: String,
}

/// The answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnippetAdded {
    /// Names the text, to remove it.
    pub id: SnippetId,
}

/// The address of the API's list of rooms.
pub const ROOMS: &str = "/api/rooms";

/// The API address of one room.
#[must_use]
pub fn room(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}")
}

/// Where one joins.
#[must_use]
pub fn members(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}/members")
}

/// The live socket; with `since` only what followed that revision is sent.
#[must_use]
pub fn live(pin: &Pin, since: Option<u64>) -> String {
    match since {
        Some(revision) => format!("{ROOMS}/{pin}/live?since={revision}"),
        None => format!("{ROOMS}/{pin}/live"),
    }
}

/// Where uploads are created.
#[must_use]
pub fn files(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}/files")
}

/// One file: its bytes for members, its upload for the owner.
#[must_use]
pub fn file(pin: &Pin, id: FileId) -> String {
    format!("{ROOMS}/{pin}/files/{id}")
}

/// A file's bytes for somebody who looks at it, which is not having it.
#[must_use]
pub fn preview(pin: &Pin, id: FileId) -> String {
    format!("{}?preview", file(pin, id))
}

/// A PDF for the browser's own viewer.
#[must_use]
pub fn view(pin: &Pin, id: FileId) -> String {
    format!("{}/view", file(pin, id))
}

/// The small picture of a file.
#[must_use]
pub fn thumbnail(pin: &Pin, id: FileId) -> String {
    format!("{}/thumbnail", file(pin, id))
}

/// Where text to copy is added.
#[must_use]
pub fn snippets(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}/snippets")
}

/// One piece of text.
#[must_use]
pub fn snippet(pin: &Pin, id: SnippetId) -> String {
    format!("{ROOMS}/{pin}/snippets/{id}")
}

/// All complete files in one archive.
#[must_use]
pub fn archive(pin: &Pin) -> String {
    format!("{ROOMS}/{pin}/archive.zip")
}

/// The page of a room.
#[must_use]
pub fn room_page(pin: &Pin) -> String {
    format!("/r/{pin}")
}

/// The plain form that adds files to a room without a script.
#[must_use]
pub fn upload_form(pin: &Pin) -> String {
    format!("/r/{pin}/upload")
}

/// The page behind the QR code.
#[must_use]
pub fn join_page(pin: &Pin) -> String {
    format!("/join/{pin}")
}

/// The QR code of [`join_page`], as SVG.
#[must_use]
pub fn join_qr(pin: &Pin) -> String {
    format!("/join/{pin}/qr.svg")
}

/// The plain form that creates a room without a script.
pub const CREATE_FORM: &str = "/create";

/// The plain form that chooses a language without a script.
pub const LANGUAGE_FORM: &str = "/language";

/// The texts of a language, as this version of the program has them.
#[must_use]
pub fn messages(language: Language) -> String {
    format!("/messages/{}/{}", i18n::VERSION, language.code())
}

/// What the system is told of the app when it is installed, in a language.
#[must_use]
pub fn manifest(language: Language) -> String {
    format!("/manifest.webmanifest?language={}", language.code())
}

/// The plain form that joins a room without a script.
pub const JOIN_FORM: &str = "/join";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_objects_with_a_type() {
        let pin: Pin = "042913".parse().unwrap();
        let message = ServerMessage::Snapshot(Snapshot { revision: 3, room: crate::room::Room::new(pin, 5) });
        assert_eq!(
            serde_json::to_value(&message).unwrap(),
            serde_json::json!({
                "type": "snapshot",
                "revision": 3,
                "room": {
                    "pin": "042913", "created_at_ms": 5, "settings": {"locked": false},
                    "members": [], "files": [], "closed": null,
                },
            })
        );
        let said: ClientMessage = serde_json::from_str(r#"{"type":"rename","name":"Ada"}"#).unwrap();
        assert_eq!(said, ClientMessage::Rename { name: "Ada".to_owned() });
    }
}
