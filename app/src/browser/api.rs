//! Requests to the server, each with its answer or the problem that came instead.

use std::ops::Range;

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    room::{FileId, Pin},
    wire::{self, Entered, JoinRequest, Problem, ProblemCode, RoomView},
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

/// The room as it is now.
///
/// # Errors
/// The server's refusal, or that it cannot be reached.
pub async fn look(pin: &Pin) -> Result<RoomView, Problem> {
    let response = Request::get(&wire::room(pin)).send().await.map_err(|error| unreachable(&error))?;
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

/// Some bytes of a file, as far as the server has them.
pub(super) async fn part_of_file(pin: &Pin, id: FileId, range: Range<u64>) -> Result<Vec<u8>, Problem> {
    let request = Request::get(&wire::file(pin, id)).header("range", &format!("bytes={}-{}", range.start, range.end - 1));
    let response = checked(request.send().await.map_err(|error| unreachable(&error))?).await?;
    response.binary().await.map_err(|error| unreachable(&error))
}

/// Sends a request whose answer is that it was carried out.
async fn send(request: RequestBuilder) -> Result<(), Problem> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    read_out(&checked(response).await?).await;
    Ok(())
}

/// Reads an empty answer to its end: one that is dropped unread counts as broken off.
pub(super) async fn read_out(response: &Response) {
    drop(response.text().await);
}

async fn send_json(request: RequestBuilder, body: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_string(body).map_err(|_| unreadable())?;
    let request = request.header("content-type", "application/json").body(body).map_err(|error| unreachable(&error))?;
    checked(request.send().await.map_err(|error| unreachable(&error))?).await
}

/// The response if it is a success, else the problem in it.
pub(super) async fn checked(response: Response) -> Result<Response, Problem> {
    if response.ok() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    Err(serde_json::from_str(&text).unwrap_or_else(|_| unexpected(response.status())))
}

/// An answer that does not say what is wrong: it came from something in between.
pub(super) fn unexpected(status: u16) -> Problem {
    let code = if status >= 500 { ProblemCode::Unavailable } else { ProblemCode::MalformedRequest };
    Problem::new(code, format!("The server answered with status {status}."))
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let text = response.text().await.map_err(|error| unreachable(&error))?;
    serde_json::from_str(&text).map_err(|_| unreadable())
}

pub(super) fn unreachable(_: &gloo_net::Error) -> Problem {
    Problem::new(ProblemCode::Unavailable, "The server cannot be reached. Check your connection and try again.")
}

fn unreadable() -> Problem {
    Problem::new(ProblemCode::Unavailable, "The server's answer cannot be read. Reload the page and try again.")
}
