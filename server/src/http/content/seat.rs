//! Requests for a seat in a room, and the response with the new seat.

use app::{
    room::DisplayName,
    wire::{self, Entered, JoinRequest, ProblemCode},
};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    http::{
        Refusal, Services,
        guard::{Client, seat_cookie},
    },
    rooms::{Newcomer, RoomHandle, Seat},
};

/// Reads the body of a request for a seat: JSON, or no body at all.
///
/// # Errors
/// [`ProblemCode::UnsupportedMediaType`] or [`ProblemCode::MalformedRequest`].
pub(crate) fn join_request(headers: &HeaderMap, body: &[u8]) -> Result<JoinRequest, Refusal> {
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

/// The newcomer whom a request for a seat describes: the requested name, the device and the address.
///
/// # Errors
/// [`ProblemCode::InvalidName`].
pub(crate) fn newcomer(services: &Services, client: &Client, request: JoinRequest) -> Result<Newcomer, Refusal> {
    let name = request.name.map(|name| display_name(&name)).transpose()?;
    Ok(Newcomer { name, device: client.device(services, None), address: client.address.to_string() })
}

/// Checks a name that a member wants to have.
///
/// # Errors
/// [`ProblemCode::InvalidName`].
pub(crate) fn display_name(name: &str) -> Result<DisplayName, Refusal> {
    DisplayName::parse(name).map_err(|error| Refusal::new(ProblemCode::InvalidName, format!("This name cannot be used: {error}.")))
}

/// The response 201 with the new seat, and with the cookie that proves it from now on.
pub(crate) fn entered(room: &RoomHandle, seat: Seat) -> Response {
    let pin = room.pin();
    let headers = [
        (header::SET_COOKIE, seat_cookie(pin, &seat.token)),
        (header::LOCATION, HeaderValue::try_from(wire::paths::room(pin)).expect("a path of digits")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let entered = Entered { pin: pin.clone(), role: seat.role, member: seat.member, token: seat.token };
    (StatusCode::CREATED, headers, Json(entered)).into_response()
}
