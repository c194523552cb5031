//! Entering a room: with a new seat, or with the seat that a request proves.

use axum::http::HeaderMap;

use super::{Client, Session, find_room};
use crate::{
    http::{Refusal, Services},
    rooms::{Newcomer, RoomHandle, Seat},
};

/// The seat with which a client entered a room.
pub(crate) enum Entrance {
    /// A new seat.
    New(Seat),
    /// The seat that the client had before, and the token that proved it.
    Seated(Session, String),
}

/// The room with the PIN `typed`, for a client that wants to enter it. Somebody who has guessed too much is not told that
/// a PIN is right, whatever else is wrong with the request; whoever has a seat in the room is no guesser.
///
/// # Errors
/// Those of [`find_room`].
pub(crate) async fn find_entrance(services: &Services, client: &Client, headers: &HeaderMap, typed: &str) -> Result<RoomHandle, Refusal> {
    let room = find_room(services, client, typed).await?;
    if Session::of(headers, &room).is_none() {
        services.guesses.check(client.address)?;
    }
    Ok(room)
}

/// Gives the client a seat in `room`. If the request proves a seat, the client keeps it, under the name of `newcomer`
/// if that has one. Otherwise `newcomer` gets a new seat.
///
/// # Errors
/// When the room is locked, full or closed, when the client has taken too many new seats lately, or when the change could not be recorded.
pub(crate) async fn take_seat(
    services: &Services,
    client: &Client,
    headers: &HeaderMap,
    room: &RoomHandle,
    newcomer: Newcomer,
) -> Result<Entrance, Refusal> {
    let Some((session, token)) = Session::of(headers, room) else {
        services.joins.spend(client.address)?;
        return Ok(Entrance::New(room.join(newcomer).await?));
    };
    room.take_seat_again(session.member).await?;
    if let Some(name) = newcomer.name {
        room.rename(session.member, name).await?;
    }
    Ok(Entrance::Seated(session, token))
}
