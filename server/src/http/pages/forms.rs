//! The plain HTML forms to create, to join and to leave a room, for browsers in which scripts are off or not loaded yet.

use app::{
    room::{Pin, typed_pin},
    wire::{self, JoinRequest, ProblemCode},
};
use axum::{
    Form,
    extract::rejection::FormRejection,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    http::{
        Refusal, Services, State,
        content::{problem_redirect::back_to, seat::newcomer},
        guard::{Client, Entrance, PathText, Session, find_entrance, forget_seat, seat_cookie, take_seat},
    },
    rooms::Seat,
};

/// The cookie that shows that a browser sends cookies back.
const COOKIES_WORK: &str = "cookies";
/// The query of a form's address with which a browser repeats the form together with that cookie.
const REPEATED: &str = "repeated";

/// The fields of the form to join a room. A field that is missing counts as empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JoinFields {
    pin: String,
    name: String,
}

/// `POST /create`: creates a room and redirects to its page.
pub(crate) async fn create(services: State, client: Client, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(response) = without_cookies(&uri, &headers, "/") {
        return response;
    }
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
pub(crate) async fn join(
    services: State,
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    fields: Result<Form<JoinFields>, FormRejection>,
) -> Response {
    let fields = fields.map(|Form(fields)| fields).unwrap_or_default();
    let Ok(pin) = typed_pin(&fields.pin, services.rooms.pin_digits()).parse::<Pin>() else {
        return back_to("/", &wire::Problem::no_such_room().into());
    };
    if let Some(response) = without_cookies(&uri, &headers, &wire::paths::join_page(&pin)) {
        return response;
    }
    match enter(&services, &client, &headers, &pin, fields.name).await {
        Ok(seat) => to_room(&pin, seat),
        Err(refusal) => back_to(&wire::paths::join_page(&pin), &refusal),
    }
}

/// `POST /r/{pin}/leave`: gives up the seat and redirects to the home page. Whoever has no seat is led there, too.
pub(crate) async fn leave(session: Result<Session, Refusal>, PathText(pin): PathText) -> Response {
    let left = match session {
        Ok(session) => session.room.leave(session.member).await.map_err(Refusal::from),
        Err(Refusal(problem)) if problem.status < 500 => Ok(()),
        Err(refusal) => Err(refusal),
    };
    let Ok(pin) = pin.parse::<Pin>() else { return Redirect::to("/").into_response() };
    match left {
        Ok(()) => (AppendHeaders([(header::SET_COOKIE, forget_seat(&pin))]), Redirect::to("/")).into_response(),
        Err(refusal) => back_to(&wire::paths::room_page(&pin), &refusal),
    }
}

/// What a browser gets that has no cookie of this server, in place of a seat that it may be unable to prove: the request
/// to repeat the form together with a cookie or, when that cookie does not come back, the way to `page`, which says that
/// cookies are blocked. Until then nothing is done for it, so that nobody is left in a room who cannot get in. `None` for
/// browsers whose cookies work, and for programs that are no browsers.
fn without_cookies(uri: &Uri, headers: &HeaderMap, page: &str) -> Option<Response> {
    let is_browser = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if !is_browser || headers.get(header::COOKIE).is_some_and(|cookies| !cookies.is_empty()) {
        return None;
    }
    if uri.query() == Some(REPEATED) {
        return Some(back_to(page, &Refusal::new(ProblemCode::CookiesBlocked, "The browser does not send cookies back.")));
    }
    let cookie = HeaderValue::try_from(wire::cookie::remember(COOKIES_WORK, Some("work"))).ok()?;
    let again = Redirect::temporary(&format!("{}?{REPEATED}", uri.path()));
    Some((AppendHeaders([(header::SET_COOKIE, cookie)]), again).into_response())
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
    let cookie = seat.map(|seat| (header::SET_COOKIE, seat_cookie(pin, &seat.token)));
    (AppendHeaders(cookie), Redirect::to(&wire::paths::room_page(pin))).into_response()
}
