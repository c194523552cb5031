//! `/api/rooms` and `/api/rooms/{pin}`: create, look, close.

use app::{
    room::{ClosedBy, DisplayName},
    wire::{self, Entered, JoinRequest, KnownRoom, ProblemCode, RoomView},
};
use axum::{
    Json,
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Client, Owner, Refusal, Session, State, cookie};
use crate::{
    closing,
    rooms::{Newcomer, RoomHandle, Seat},
    token,
};

/// `POST /api/rooms`: a new room, and its owner's seat.
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

/// `GET /api/rooms`: the open rooms in which this browser has a seat, by its cookies. Nobody learns of others: a token
/// that proves no seat is passed over like a room that does not exist.
pub(crate) async fn known(services: State, headers: HeaderMap) -> Response {
    let known = cookie::tokens(&headers).filter_map(|(pin, token)| {
        let room = services.rooms.find(&pin.parse().ok()?)?;
        let role = room.role_of(&token::hash(token))?;
        Some(KnownRoom { pin: room.pin().clone(), role })
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(known.collect::<Vec<_>>())).into_response()
}

/// `GET /api/rooms/{pin}`: the room as it is.
pub(crate) async fn snapshot(session: Session) -> Json<RoomView> {
    Json(RoomView { snapshot: session.room.snapshot_for(session.role), you: session.member })
}

/// `DELETE /api/rooms/{pin}`: everything is erased before the answer.
pub(crate) async fn close(services: State, Owner(session): Owner) -> Result<StatusCode, Refusal> {
    closing::close(&services.rooms, &services.files, session.room, ClosedBy::Owner).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of a request for a seat: JSON, or nothing at all.
pub(super) fn join_request(headers: &HeaderMap, body: &[u8]) -> Result<JoinRequest, Refusal> {
    if body.is_empty() {
        return Ok(JoinRequest::default());
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(ProblemCode::UnsupportedMediaType, "Send JSON (Content-Type: application/json), or no body."));
    }
    serde_json::from_slice(body)
        .map_err(|_| Refusal::new(ProblemCode::MalformedRequest, r#"The body is not JSON of the form {"name": "…"}."#))
}

/// Who wants a seat, by what the request says.
pub(super) fn newcomer(services: &super::Services, client: &Client, request: JoinRequest) -> Result<Newcomer, Refusal> {
    let name = request.name.map(|name| display_name(&name)).transpose()?;
    Ok(Newcomer { name, device: client.device(services, None), address: client.address.to_string() })
}

pub(super) fn display_name(name: &str) -> Result<DisplayName, Refusal> {
    DisplayName::parse(name).map_err(|error| Refusal::new(ProblemCode::InvalidName, format!("This name cannot be used: {error}.")))
}

/// 201 with the new seat, and the cookie that proves it.
pub(super) fn entered(room: &RoomHandle, seat: Seat) -> Response {
    let pin = room.pin();
    let headers = [
        (header::SET_COOKIE, cookie::set(pin, &seat.token)),
        (header::LOCATION, axum::http::HeaderValue::try_from(wire::room(pin)).expect("a path of digits")),
        (header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store")),
    ];
    let entered = Entered { pin: pin.clone(), role: seat.role, member: seat.member, token: seat.token };
    (StatusCode::CREATED, headers, Json(entered)).into_response()
}
