//! Sessions: extractors that let only members of the room in the path through, or only its owner.

use std::sync::Arc;

use app::{
    room::{FileEntry, FileId, MemberId, Pin, Role, Viewer},
    wire::{Problem, ProblemCode},
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};

use super::{Client, seat_cookie::seat_token};
use crate::{
    http::{Refusal, Services},
    rooms::RoomHandle,
    token,
};

/// A member of the room in the path.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) room: RoomHandle,
    pub(crate) member: MemberId,
    pub(crate) role: Role,
}

/// The owner of the room in the path.
#[derive(Clone, Debug)]
pub(crate) struct Owner(pub(crate) Session);

impl Session {
    /// The session in this room that the request proves, and the token that proves it. Scripts send the token in
    /// `Authorization: Bearer`, browsers in a cookie. The cookie is ignored if there is a bearer token. A header with
    /// another scheme, such as the one with which a browser answers a proxy's question for a password, says nothing of
    /// rooms.
    pub(crate) fn of(headers: &HeaderMap, room: &RoomHandle) -> Option<(Self, String)> {
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = match authorization.and_then(bearer) {
            Some(token) => token,
            None => seat_token(headers, room.pin())?,
        };
        let (member, role) = room.authorize(&token::hash(token))?;
        Some((Self { room: room.clone(), member, role }, token.to_owned()))
    }

    /// The member, to whom something of the room is about to be sent.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer { member: self.member, role: self.role }
    }

    /// The file with this id in the room.
    ///
    /// # Errors
    /// [`ProblemCode::NoSuchFile`], also for a part.
    pub(crate) fn file(&self, id: &str) -> Result<FileEntry, Refusal> {
        let id: FileId = id.parse().map_err(|_| Refusal::no_such_file())?;
        self.room.read(|room| room.file(id).cloned()).ok_or_else(Refusal::no_such_file)
    }

    /// The file or the part with this id in the room.
    ///
    /// # Errors
    /// [`ProblemCode::NoSuchFile`].
    pub(crate) fn upload(&self, id: &str) -> Result<FileEntry, Refusal> {
        let id: FileId = id.parse().map_err(|_| Refusal::no_such_file())?;
        self.room.read(|room| room.upload(id).cloned()).ok_or_else(Refusal::no_such_file)
    }
}

impl FromRequestParts<Arc<Services>> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Refusal> {
        let Ok(client) = Client::from_request_parts(parts, services).await;
        let room = room_in_path(parts, services, &client).await?;
        if let Some((session, _)) = Self::of(&parts.headers, &room) {
            return Ok(session);
        }
        services.guesses.check(client.address)?;
        Err(Refusal::new(ProblemCode::NotAMember, "You are not in this room. Join it with its PIN first."))
    }
}

impl FromRequestParts<Arc<Services>> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Refusal> {
        let session = Session::from_request_parts(parts, services).await?;
        match session.role {
            Role::Owner => Ok(Self(session)),
            Role::Guest => Err(Refusal::new(ProblemCode::OwnerOnly, "Only the owner of the room may do this.")),
        }
    }
}

/// The token in an `Authorization` value with the scheme `Bearer`, which may be in any case (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The open room whose PIN is in the path. At every address that only members may use, a PIN that belongs to no room
/// costs the client one guess.
async fn room_in_path(parts: &mut Parts, services: &Arc<Services>, client: &Client) -> Result<RoomHandle, Refusal> {
    let path = RawPathParams::from_request_parts(parts, services).await.map_err(|_| Problem::no_such_room())?;
    let typed = path.iter().find_map(|(name, value)| (name == "pin").then_some(value)).unwrap_or_default();
    find_room(services, client, typed).await
}

/// The refusal of a PIN whose room was closed lately.
fn room_closed(closed_at_ms: u64) -> Refusal {
    let closed_at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(closed_at_ms);
    let closed_at = httpdate::fmt_http_date(closed_at);
    let detail = format!("This room was closed at {closed_at}. Ask its owner for the current PIN.");
    Refusal(Problem { closed_at_ms: Some(closed_at_ms), ..Problem::new(ProblemCode::RoomClosed, detail) })
}

/// The open room with the PIN `typed`. If there is none, this costs the client a guess, unless the room was closed lately:
/// whoever was in it may ask for it again and again, and a guesser learns nothing from it.
///
/// # Errors
/// [`ProblemCode::RoomClosed`], [`ProblemCode::NoSuchRoom`], or [`ProblemCode::TooManyRequests`] when the client has no guess left. A text that
/// cannot be a PIN costs nothing.
pub(crate) async fn find_room(services: &Services, client: &Client, typed: &str) -> Result<RoomHandle, Refusal> {
    let pin: Pin = typed.parse().map_err(|_| {
        let digits = services.rooms.pin_digits();
        Refusal::new(ProblemCode::NoSuchRoom, format!("There is no room with this PIN. A PIN is {digits} digits."))
    })?;
    match services.rooms.find(&pin).await {
        Some(room) => Ok(room),
        None => match services.rooms.closed_at_ms(&pin) {
            Some(closed_at_ms) => Err(room_closed(closed_at_ms)),
            None => {
                services.guesses.spend(client.address)?;
                Err(Problem::no_such_room().into())
            }
        },
    }
}
