//! The plain HTML forms to create and to join a room, for browsers in which scripts are off or not loaded yet.

use app::{
    room::{Pin, typed_pin},
    wire::{self, JoinRequest},
};
use axum::{
    Form,
    extract::rejection::FormRejection,
    http::HeaderMap,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    http::{
        Refusal, Services, State,
        content::{problem_redirect::back_to, seat::newcomer},
        guard::{Client, Entrance, find_entrance, seat_cookie, take_seat},
    },
    rooms::Seat,
};

/// The fields of the form to join a room. A field that is missing counts as empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JoinFields {
    pin: String,
    name: String,
}

/// `POST /create`: creates a room and redirects to its page.
pub(crate) async fn create(services: State, client: Client) -> Response {
    let opened = async {
        services.creations.spend(client.address)?;
        let newcomer = newcomer(&services, &client, JoinRequest::default())?;
        Ok::<_, Refusal>(services.rooms.create(newcomer).await?)
    };
    match opened.await {
        Ok((room, seat)) => to_room(room.pin(), Some(seat)),
        Err(refusal) => back_to("/", &refusal),
    }
}

/// `POST /join`: takes a seat in a room and redirects to the room's page. When that is refused, it redirects to a page
/// with the form and the reason: the home page if the text is not a PIN, otherwise the page to join this room.
pub(crate) async fn join(services: State, client: Client, headers: HeaderMap, fields: Result<Form<JoinFields>, FormRejection>) -> Response {
    let fields = fields.map(|Form(fields)| fields).unwrap_or_default();
    let Ok(pin) = typed_pin(&fields.pin, services.rooms.pin_digits()).parse::<Pin>() else {
        return back_to("/", &wire::Problem::no_such_room().into());
    };
    match enter(&services, &client, &headers, &pin, fields.name).await {
        Ok(seat) => to_room(&pin, seat),
        Err(refusal) => back_to(&wire::join_page(&pin), &refusal),
    }
}

/// Takes a seat in the room with this PIN. Returns the seat if it is a new one.
async fn enter(
    services: &std::sync::Arc<Services>,
    client: &Client,
    headers: &HeaderMap,
    pin: &Pin,
    name: String,
) -> Result<Option<Seat>, Refusal> {
    let room = find_entrance(services, client, headers, pin.as_str()).await?;
    // Browsers send a field that was not filled in as an empty text.
    let request = JoinRequest { name: Some(name).filter(|name| !name.trim().is_empty()) };
    let newcomer = newcomer(services, client, request)?;
    Ok(match take_seat(services, client, headers, &room, newcomer).await? {
        Entrance::New(seat) => Some(seat),
        Entrance::Seated(..) => None,
    })
}

fn to_room(pin: &Pin, seat: Option<Seat>) -> Response {
    let cookie = seat.map(|seat| (axum::http::header::SET_COOKIE, seat_cookie(pin, &seat.token)));
    (AppendHeaders(cookie), Redirect::to(&wire::room_page(pin))).into_response()
}
