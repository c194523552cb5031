//! `/api/rooms/{pin}/members`: joining a room, and leaving it.

use app::wire::Entered;
use axum::{
    Json,
    body::Bytes,
    extract::{
        Path,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::http::{
    Refusal, State,
    content::seat::{entered, join_request, newcomer},
    guard::{Client, Entrance, Session, find_entrance, forget_seat, take_seat},
};

/// `POST /api/rooms/{pin}/members`: gives a seat to a client that knows the PIN. A client that already has a seat in
/// the room keeps it, so that several tabs of a browser are one member.
pub(crate) async fn join(
    services: State,
    pin: Result<Path<String>, PathRejection>,
    client: Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    // A path that is not UTF-8 contains no PIN, like an empty one, which is refused.
    let pin = pin.map(|Path(pin)| pin).unwrap_or_default();
    let room = find_entrance(&services, &client, &headers, &pin).await?;
    let newcomer = newcomer(&services, &client, join_request(&headers, &body?)?)?;
    match take_seat(&services, &client, &headers, &room, newcomer).await? {
        Entrance::New(seat) => Ok(entered(&room, seat)),
        Entrance::Seated(session, token) => {
            let entered = Entered { pin: room.pin().clone(), role: session.role, member: session.member, token };
            Ok((StatusCode::OK, Json(entered)).into_response())
        }
    }
}

/// `DELETE /api/rooms/{pin}/members`: gives up the client's own seat. Its cookie or token proves nothing afterwards.
pub(crate) async fn leave(session: Session) -> Result<Response, Refusal> {
    session.room.leave(session.member).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, forget_seat(session.room.pin()))]).into_response())
}
