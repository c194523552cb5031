//! `/api/rooms/{pin}/members`: joining.

use std::sync::Arc;

use app::wire::{Entered, JoinRequest};
use axum::{
    Json,
    body::Bytes,
    extract::{
        Path,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::{Client, Refusal, Services, Session, State, rooms, session};
use crate::rooms::{RoomHandle, Seat};

/// `POST /api/rooms/{pin}/members`: a seat for whoever knows the PIN. A browser that has one keeps it,
/// so that several tabs are one member.
pub(crate) async fn join(
    services: State,
    pin: Result<Path<String>, PathRejection>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    services.guesses.check(client.address)?;
    // What is no text is no PIN.
    let pin = pin.map(|Path(pin)| pin).unwrap_or_default();
    let room = session::find_room(&services, &client, &pin)?;
    let request = rooms::join_request(&headers, &body?)?;
    match take_seat(&services, &client, &headers, &room, request).await? {
        Entrance::New(seat) => Ok(rooms::entered(&room, seat)),
        Entrance::Seated(session, token) => {
            let entered = Entered { pin: room.pin().clone(), role: session.role, member: session.member, token };
            Ok((StatusCode::OK, Json(entered)).into_response())
        }
    }
}

/// How somebody got in.
pub(super) enum Entrance {
    /// With a seat of their own from now on.
    New(Seat),
    /// With the seat they have, and the token that proved it.
    Seated(Session, String),
}

/// A seat in `room`: the one that the request proves, under the name it asks for, else a new one.
pub(super) async fn take_seat(
    services: &Arc<Services>,
    client: &Client,
    headers: &HeaderMap,
    room: &RoomHandle,
    request: JoinRequest,
) -> Result<Entrance, Refusal> {
    let newcomer = rooms::newcomer(services, client, request)?;
    let Some((session, token)) = Session::of(headers, room) else {
        return Ok(Entrance::New(room.join(newcomer).await?));
    };
    room.take_seat_again(session.member).await?;
    if let Some(name) = newcomer.name {
        room.rename(session.member, name).await?;
    }
    Ok(Entrance::Seated(session, token))
}
