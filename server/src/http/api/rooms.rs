//! `/api/rooms` and `/api/rooms/{pin}`: creating, listing, reading and closing rooms.

use app::{
    room::ClosedBy,
    wire::{KnownRoom, RoomView},
};
use axum::{
    Json,
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};

use crate::{
    http::{
        Refusal, State,
        content::seat::{entered, join_request, newcomer},
        guard::{Client, Owner, Session, forget_seat, seat_tokens},
    },
    token,
};

/// `POST /api/rooms`: creates a room and gives the client the owner's seat.
pub(crate) async fn create(
    services: State,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let request = join_request(&headers, &body?)?;
    services.creations.spend(client.address)?;
    let newcomer = newcomer(&services, &client, request)?;
    let (room, seat) = services.rooms.create(newcomer).await?;
    Ok(entered(&room, seat))
}

/// `GET /api/rooms`: the open rooms in which this browser has a seat according to its cookies. The list does not reveal
/// other rooms: the browser is told to forget a cookie whose token is wrong, just like one for a room that does not exist.
pub(crate) async fn known(services: State, headers: HeaderMap) -> Response {
    let (mut known, mut gone) = (Vec::new(), Vec::new());
    for (pin, token) in seat_tokens(&headers) {
        let Ok(pin) = pin.parse() else { continue };
        let seat = services.rooms.find(&pin).await.and_then(|room| Some((room.role_of(&token::hash(token))?, room)));
        match seat {
            Some((role, room)) => {
                let (files, opened_at_ms) = room.read(|room| (room.files.len(), room.created_at_ms));
                known.push(KnownRoom { pin, role, files, opened_at_ms });
            }
            None => gone.push((header::SET_COOKIE, forget_seat(&pin))),
        }
    }
    ([(header::CACHE_CONTROL, "no-store")], AppendHeaders(gone), Json(known)).into_response()
}

/// `GET /api/rooms/{pin}`: a snapshot of the room, as the client may see it, and the client's member id.
pub(crate) async fn snapshot(services: State, client: Client, session: Session) -> Result<Response, Refusal> {
    let running = services.snapshots.begin(session.member)?;
    let view = RoomView { snapshot: session.room.snapshot_for(session.viewer()), you: session.member };
    Ok(running.until_sent(services.unsent.send(client.address, Json(view).into_response())?))
}

/// `DELETE /api/rooms/{pin}`: closes the room, and erases everything in it before the response is sent. A file that
/// cannot be erased is logged, and the next start erases it.
pub(crate) async fn close(services: State, Owner(session): Owner) -> Result<Response, Refusal> {
    let forgotten = [(header::SET_COOKIE, forget_seat(session.room.pin()))];
    services.uploads.close_room(&services.rooms, session.room, ClosedBy::Owner).await?;
    Ok((StatusCode::NO_CONTENT, forgotten).into_response())
}
