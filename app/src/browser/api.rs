//! Requests to the server's HTTP API. Each function returns the answer, or a [`Problem`] whose `detail` is a sentence
//! in the language of the page. The requests of uploads are in `files/uploader/protocol.rs`.

use std::ops::Range;

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::system::{clock, page};
use crate::{
    i18n::{problem_text::problem_text, t},
    room::{FileId, Pin, Role, SnippetId},
    wire::{self, AddSnippet, Entered, JoinRequest, KnownRoom, Problem, ProblemCode, RoomView},
};

/// Opens a room, in which this browser gets the owner's seat, under `name` if there is one.
///
/// # Errors
/// [`ProblemCode::CookiesBlocked`], the server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn create_room(name: Option<String>) -> Result<Entered, Problem> {
    enter(&wire::address(wire::ROOMS), name).await
}

/// Takes a seat in a room, under `name` if there is one.
///
/// # Errors
/// [`ProblemCode::CookiesBlocked`], the server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn join(pin: &Pin, name: Option<String>) -> Result<Entered, Problem> {
    enter(&wire::members(pin), name).await
}

async fn enter(address: &str, name: Option<String>) -> Result<Entered, Problem> {
    // Without a cookie this browser could not prove the seat, and would leave an empty one behind.
    if !page::takes_cookies() {
        return Err(in_words(Problem::new(ProblemCode::CookiesBlocked, "")));
    }
    answer(send_json(Request::post(address), &JoinRequest { name }).await?).await
}

/// Gives up this browser's seat in a room.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn leave_room(pin: &Pin) -> Result<(), Problem> {
    send(Request::delete(&wire::members(pin))).await
}

/// Takes back what entering a room did, because the browser does not send the cookie of the new seat back: a guest's seat
/// is given up, and an owner's room is closed.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn give_back(Entered { pin, role, token, .. }: &Entered) -> Result<(), Problem> {
    let address = match role {
        Role::Owner => wire::room(pin),
        Role::Guest => wire::members(pin),
    };
    send(Request::delete(&address).header("authorization", &["Bearer", token].join(" "))).await
}

/// Returns the rooms in which this browser has a seat.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn known_rooms() -> Result<Vec<KnownRoom>, Problem> {
    let response = Request::get(&wire::address(wire::ROOMS)).send().await.map_err(|_| unreachable())?;
    answer(checked(response).await?).await
}

/// Returns the room as it is now, and this browser's seat in it.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn fetch_room(pin: &Pin) -> Result<RoomView, Problem> {
    let response = Request::get(&wire::room(pin)).send().await.map_err(|_| unreachable())?;
    answer(checked(response).await?).await
}

/// Closes the room for all members.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn close_room(pin: &Pin) -> Result<(), Problem> {
    send(Request::delete(&wire::room(pin))).await
}

/// Erases a file of the room.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn remove_file(pin: &Pin, id: FileId) -> Result<(), Problem> {
    send(Request::delete(&wire::file(pin, id))).await
}

/// Erases a file while the page is being left. `keepalive` makes the browser send the request even when the page is
/// gone.
pub(crate) fn remove_file_from_a_page_that_ends(pin: &Pin, id: FileId) {
    // web-sys has no setter for `keepalive` yet.
    let options = web_sys::RequestInit::new();
    options.set_method("DELETE");
    #[expect(clippy::let_underscore_must_use, reason = "setting a property of a plain object cannot fail")]
    let _ = js_sys::Reflect::set(&options, &"keepalive".into(), &true.into());
    #[expect(clippy::let_underscore_must_use, reason = "the page is gone before an answer arrives")]
    let _ = page::window().fetch_with_str_and_init(&wire::file(pin, id), &options);
}

/// Adds a text that every member can copy.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn add_snippet(pin: &Pin, text: String) -> Result<(), Problem> {
    read_out(&send_json(Request::post(&wire::snippets(pin)), &AddSnippet { text }).await?).await;
    Ok(())
}

/// Removes a text from the room.
///
/// # Errors
/// The server's refusal, or [`ProblemCode::Unavailable`] if the server cannot be reached.
pub async fn remove_snippet(pin: &Pin, id: SnippetId) -> Result<(), Problem> {
    send(Request::delete(&wire::snippet(pin, id))).await
}

/// Returns the bytes of a file in `range`, as far as the server has them.
pub(crate) async fn byte_range_of_file(pin: &Pin, id: FileId, range: Range<u64>) -> Result<Vec<u8>, Problem> {
    byte_range(&wire::file(pin, id), range).await?.binary().await.map_err(|_| unreachable())
}

/// Returns the first `bytes` bytes of a file as text, for its preview. `bytes` is at least 1.
pub(crate) async fn beginning_of_file(pin: &Pin, id: FileId, bytes: u64) -> Result<String, Problem> {
    byte_range(&wire::preview(pin, id), 0..bytes).await?.text().await.map_err(|_| unreachable())
}

async fn byte_range(address: &str, range: Range<u64>) -> Result<Response, Problem> {
    let request = Request::get(address).header("range", &format!("bytes={}-{}", range.start, range.end - 1));
    checked(request.send().await.map_err(|_| unreachable())?).await
}

/// Sends the thumbnail of a file to the server.
pub(crate) async fn add_thumbnail(pin: &Pin, id: FileId, thumbnail: web_sys::Blob) -> Result<(), Problem> {
    let request = Request::put(&wire::thumbnail(pin, id)).body(thumbnail).map_err(|_| unreachable())?;
    let response = request.send().await.map_err(|_| unreachable())?;
    read_out(&checked(response).await?).await;
    Ok(())
}

/// Sends a request for which the success of the response is the whole answer.
async fn send(request: RequestBuilder) -> Result<(), Problem> {
    let response = request.send().await.map_err(|_| unreachable())?;
    read_out(&checked(response).await?).await;
    Ok(())
}

/// Reads the body of a response to its end and discards it, because a response that is dropped unread counts as an
/// aborted request.
pub(crate) async fn read_out(response: &Response) {
    #[expect(clippy::let_underscore_must_use, reason = "nobody needs the body")]
    let _ = response.text().await;
}

async fn send_json(request: RequestBuilder, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(body).map_err(|_| unreadable())?;
    let request = request.header("content-type", "application/json").body(body).map_err(|_| unreachable())?;
    checked(request.send().await.map_err(|_| unreachable())?).await
}

/// Replaces the `detail` of a problem by what happened and what to do next, in the reader's language.
fn in_words(problem: Problem) -> Problem {
    let detail = match problem.closed_at_ms {
        Some(closed_at_ms) => t().closed_at(&clock::time_of_day(closed_at_ms)),
        None => problem_text(problem.code).to_owned(),
    };
    Problem { detail, ..problem }
}

/// Returns the response if its status is a success, otherwise the problem in its body.
pub(crate) async fn checked(response: Response) -> Result<Response, Problem> {
    if response.ok() {
        return Ok(response);
    }
    let retry_after = response.headers().get("retry-after");
    let text = response.text().await.unwrap_or_default();
    Err(problem_in(&text, response.status(), retry_after))
}

/// The problem in the body of a response that is no success, with the wait that its header `Retry-After` asks for.
pub(crate) fn problem_in(body: &str, status: u16, retry_after: Option<String>) -> Problem {
    let problem = serde_json::from_str(body).unwrap_or_else(|_| unexpected(status));
    let retry_after_secs = problem.retry_after_secs.or_else(|| secs_until(&retry_after?));
    let code = match problem.code {
        // The page that asked is one of this server, so the server was told of another host.
        ProblemCode::CrossSite => ProblemCode::HostHidden,
        code => code,
    };
    in_words(Problem { code, retry_after_secs, ..problem })
}

/// How many seconds a `Retry-After` means, which is a number of them or a date (RFC 9110, section 10.2.3).
fn secs_until(retry_after: &str) -> Option<u64> {
    let retry_after = retry_after.trim();
    if let Ok(secs) = retry_after.parse() {
        return Some(secs);
    }
    let secs = js_sys::Date::parse(retry_after) / 1000.0 - clock::now_secs();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is not a date was refused, and a past one is 0")]
    (!secs.is_nan()).then_some(secs.max(0.0).ceil() as u64)
}

/// The problem for an error response whose body is not a [`Problem`]. Such a response comes from a proxy in between,
/// or has no body because it answers `HEAD`.
fn unexpected(status: u16) -> Problem {
    let code = match status {
        403 => ProblemCode::FinalUpload,
        410 => ProblemCode::RoomClosed,
        413 => ProblemCode::PieceRefused,
        429 => ProblemCode::TooManyAtOnce,
        507 => ProblemCode::NoSpace,
        500.. => ProblemCode::Unavailable,
        _ => ProblemCode::MalformedRequest,
    };
    Problem { status, ..Problem::new(code, "") }
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let text = response.text().await.map_err(|_| unreachable())?;
    serde_json::from_str(&text).map_err(|_| unreadable())
}

pub(crate) fn unreachable() -> Problem {
    Problem::new(ProblemCode::Unavailable, t().problem_unreachable())
}

pub(crate) fn unreadable() -> Problem {
    Problem::new(ProblemCode::Unavailable, t().problem_unreadable())
}
