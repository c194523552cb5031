//! Requests to the server, each with its answer or the problem that came instead.

use std::ops::Range;

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::problem_text::in_words;
use crate::{
    i18n::t,
    room::{FileId, Pin, SnippetId},
    wire::{self, AddSnippet, Entered, JoinRequest, KnownRoom, Problem, ProblemCode, RoomView},
};

/// Opens a room and takes the owner's seat.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn create_room() -> Result<Entered, Problem> {
    answer(send_json(Request::post(wire::ROOMS), &JoinRequest::default()).await?).await
}

/// Takes a seat in a room.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn join(pin: &Pin, name: Option<String>) -> Result<Entered, Problem> {
    answer(send_json(Request::post(&wire::members(pin)), &JoinRequest { name }).await?).await
}

/// The rooms in which this browser has a seat.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn known_rooms() -> Result<Vec<KnownRoom>, Problem> {
    let response = Request::get(wire::ROOMS).send().await.map_err(|_| unreachable())?;
    answer(checked(response).await?).await
}

/// The room as it is now.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn look(pin: &Pin) -> Result<RoomView, Problem> {
    let response = Request::get(&wire::room(pin)).send().await.map_err(|_| unreachable())?;
    answer(checked(response).await?).await
}

/// Ends the room for everybody.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn close_room(pin: &Pin) -> Result<(), Problem> {
    send(Request::delete(&wire::room(pin))).await
}

/// Erases a file.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn remove_file(pin: &Pin, id: FileId) -> Result<(), Problem> {
    send(Request::delete(&wire::file(pin, id))).await
}

/// Erases a file while the page is left: the browser sends the request even when the page is gone.
pub(super) fn remove_file_from_a_page_that_ends(pin: &Pin, id: FileId) {
    let options = web_sys::RequestInit::new();
    options.set_method("DELETE");
    // Not in web-sys yet; fails only for objects that take nothing.
    drop(js_sys::Reflect::set(&options, &"keepalive".into(), &true.into()));
    drop(super::page::window().fetch_with_str_and_init(&wire::file(pin, id), &options));
}

/// Adds text for everybody to copy.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn add_snippet(pin: &Pin, text: String) -> Result<(), Problem> {
    read_out(&send_json(Request::post(&wire::snippets(pin)), &AddSnippet { text }).await?).await;
    Ok(())
}

/// Takes text back.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn remove_snippet(pin: &Pin, id: SnippetId) -> Result<(), Problem> {
    send(Request::delete(&wire::snippet(pin, id))).await
}

/// Some bytes of a file, as far as the server has them.
pub(super) async fn part_of_file(pin: &Pin, id: FileId, range: Range<u64>) -> Result<Vec<u8>, Problem> {
    part(&wire::file(pin, id), range).await?.binary().await.map_err(|_| unreachable())
}

/// The first bytes of a file, at least one, as text to look at.
pub(super) async fn beginning_of_file(pin: &Pin, id: FileId, bytes: u64) -> Result<String, Problem> {
    part(&wire::preview(pin, id), 0..bytes).await?.text().await.map_err(|_| unreachable())
}

async fn part(address: &str, range: Range<u64>) -> Result<Response, Problem> {
    let request = Request::get(address).header("range", &format!("bytes={}-{}", range.start, range.end - 1));
    checked(request.send().await.map_err(|_| unreachable())?).await
}

/// Hands in the small picture of a file.
pub(super) async fn add_thumbnail(pin: &Pin, id: FileId, picture: web_sys::Blob) -> Result<(), Problem> {
    let request = Request::put(&wire::thumbnail(pin, id)).body(picture).map_err(|_| unreachable())?;
    let response = request.send().await.map_err(|_| unreachable())?;
    read_out(&checked(response).await?).await;
    Ok(())
}

/// Sends a request whose answer is that it was carried out.
async fn send(request: RequestBuilder) -> Result<(), Problem> {
    let response = request.send().await.map_err(|_| unreachable())?;
    read_out(&checked(response).await?).await;
    Ok(())
}

/// Reads an empty answer to its end: one that is dropped unread counts as broken off.
pub(super) async fn read_out(response: &Response) {
    drop(response.text().await);
}

async fn send_json(request: RequestBuilder, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(body).map_err(|_| unreadable())?;
    let request = request.header("content-type", "application/json").body(body).map_err(|_| unreachable())?;
    checked(request.send().await.map_err(|_| unreachable())?).await
}

/// The response if it is a success, else the problem in it.
pub(super) async fn checked(response: Response) -> Result<Response, Problem> {
    if response.ok() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    Err(serde_json::from_str(&text).map_or_else(|_| unexpected(response.status()), in_words))
}

/// An answer that does not say what is wrong: it came from something in between.
pub(super) fn unexpected(status: u16) -> Problem {
    let code = if status >= 500 { ProblemCode::Unavailable } else { ProblemCode::MalformedRequest };
    in_words(Problem::new(code, ""))
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let text = response.text().await.map_err(|_| unreachable())?;
    serde_json::from_str(&text).map_err(|_| unreadable())
}

pub(super) fn unreachable() -> Problem {
    Problem::new(ProblemCode::Unavailable, t().problem_unreachable())
}

pub(super) fn unreadable() -> Problem {
    Problem::new(ProblemCode::Unavailable, t().problem_unreadable())
}
