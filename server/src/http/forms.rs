//! The plain forms of the first page, for browsers whose script is off or not here yet.

use app::{
    room::Pin,
    wire::{self, JoinRequest, ProblemCode},
};
use axum::{
    Form,
    extract::rejection::FormRejection,
    http::HeaderMap,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{Client, Refusal, Services, State, cookie, members, rooms, session};
use crate::rooms::Seat;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JoinFields {
    pin: String,
    name: String,
}

/// `POST /create`: a new room, then its page.
pub(crate) async fn create(services: State, client: Client) -> Response {
    let opened = async {
        services.creations.spend(client.address)?;
        let newcomer = rooms::newcomer(&services, &client, JoinRequest::default())?;
        Ok::<_, Refusal>(services.rooms.create(newcomer).await?)
    };
    match opened.await {
        Ok((room, seat)) => to_room(room.pin(), Some(seat)),
        Err(refusal) => back_to("/", &refusal),
    }
}

/// `POST /join`: a seat, then the room's page; without a seat, back to where the PIN is asked for.
pub(crate) async fn join(services: State, client: Client, headers: HeaderMap, fields: Result<Form<JoinFields>, FormRejection>) -> Response {
    let fields = fields.map(|Form(fields)| fields).unwrap_or_default();
    let Ok(pin) = Pin::from_typed(&fields.pin) else {
        return back_to("/", &wire::Problem::no_such_room().into());
    };
    match enter(&services, &client, &headers, &pin, fields.name).await {
        Ok(seat) => to_room(&pin, seat),
        Err(refusal) => back_to(&wire::join_page(&pin), &refusal),
    }
}

async fn enter(
    services: &std::sync::Arc<Services>,
    client: &Client,
    headers: &HeaderMap,
    pin: &Pin,
    name: String,
) -> Result<Option<Seat>, Refusal> {
    services.guesses.check(client.address)?;
    let room = session::find_room(services, client, pin.as_str())?;
    // An empty field of a form means that nothing was filled in.
    let request = JoinRequest { name: Some(name).filter(|name| !name.trim().is_empty()) };
    Ok(match members::take_seat(services, client, headers, &room, request).await? {
        members::Entrance::New(seat) => Some(seat),
        members::Entrance::Seated(..) => None,
    })
}

fn to_room(pin: &Pin, seat: Option<Seat>) -> Response {
    let cookie = seat.map(|seat| (axum::http::header::SET_COOKIE, cookie::set(pin, &seat.token)));
    (AppendHeaders(cookie), Redirect::to(&wire::room_page(pin))).into_response()
}

/// Back to a page, which says why something was refused.
pub(super) fn back_to(page: &str, Refusal(problem): &Refusal) -> Response {
    Redirect::to(&format!("{page}?problem={}", code_text(problem.code))).into_response()
}

/// A code as the wire spells it.
fn code_text(code: ProblemCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
