//! The live socket: keeps a WebSocket to the server open, connects again by itself, and applies the events that arrive
//! to the [`LiveRoom`].

use std::mem;

use futures::{
    FutureExt as _, SinkExt as _, StreamExt as _,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::abortable,
    select,
};
use gloo_events::EventListener;
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::{TimeoutFuture, sleep};
use leptos::{prelude::*, task::spawn_local};

use super::live_room::{Ended, Link, LiveRoom};
use crate::{
    browser::{
        api,
        system::{backoff, page, toasts::Toasts},
    },
    i18n::problem_text::problem_text,
    room::{Gap, Snapshot},
    wire::{self, CLOSE_ROOM_CLOSED, ClientMessage, HEARTBEAT_SECS, ProblemCode, ServerMessage},
};

/// After this many milliseconds without a message from the server the connection counts as lost: two heartbeats, and
/// five seconds for delays on the network.
const SILENCE_MS: u32 = (2 * HEARTBEAT_SECS + 5) * 1000;
/// How many milliseconds the server has to answer a heartbeat with which the page tests the connection.
const ANSWER_MS: u32 = 4000;

/// After this many failed attempts in a row the page says that the server does not answer. A server that is started
/// again, or a change of network, takes less than these two or three seconds.
const UNANSWERED: u32 = 3;

/// Follows the room over the live socket until the page is left.
pub fn follow(live: LiveRoom, toasts: Toasts) {
    let (outgoing, queued) = unbounded();
    live.set_outgoing(outgoing);
    let (task, stop) = abortable(stay_connected(live, toasts, queued));
    spawn_local(async move {
        #[expect(clippy::let_underscore_must_use, reason = "the task is aborted when the page is left")]
        let _ = task.await;
    });
    on_cleanup(move || stop.abort());
}

/// An event of the browser after which another attempt may succeed, or of which the server has to know.
enum Nudge {
    /// The browser has a network again.
    Online,
    /// The browser has lost its network.
    Offline,
    /// The page came to the front (`true`) or went to the background.
    Visibility(bool),
}

/// How a connection ended.
enum Ending {
    /// The room is closed, so there is no further attempt.
    RoomClosed,
    /// The connection was live, so the next attempt follows soon.
    AfterConnecting,
    /// No connection was established.
    NotConnected,
}

async fn stay_connected(live: LiveRoom, toasts: Toasts, mut queued: UnboundedReceiver<ClientMessage>) {
    let (nudge, mut nudges) = unbounded();
    let _listeners = listen_for_nudges(&nudge);
    let (mut failures, mut is_there) = (0, false);
    let mut since = Some(live.revision());
    // What the person did while there was no connection.
    let mut held = Vec::new();
    loop {
        match connect(live, toasts, &mut since, (&mut queued, &mut held), &mut nudges).await {
            Ending::RoomClosed => return,
            Ending::AfterConnecting => failures = 0,
            Ending::NotConnected => {
                failures += 1;
                is_there = match ask(live).await {
                    Answer::Ended(ended) => {
                        live.ended.set(Some(ended));
                        return;
                    }
                    Answer::There => true,
                    Answer::Unknown => false,
                };
            }
        }
        live.link.set(loss(failures, is_there));
        let mut wait = sleep(backoff::after(failures)).fuse();
        loop {
            select! {
                () = wait => break,
                nudge = nudges.next() => match nudge {
                    Some(Nudge::Online | Nudge::Visibility(true)) => break,
                    Some(Nudge::Offline) => {
                        live.link.try_set(Link::Offline);
                    }
                    Some(Nudge::Visibility(false)) | None => {}
                },
            }
        }
    }
}

/// What is known of a connection that was lost and could not be made again `failures` times, when the last time the server answered
/// by another way or not. It stays on the page until the connection is there again.
fn loss(failures: u32, is_there: bool) -> Link {
    match failures {
        0 => Link::Waiting,
        _ if !page::is_online() => Link::Offline,
        UNANSWERED.. if is_there => Link::Blocked,
        UNANSWERED.. => Link::Unanswered,
        _ => Link::Waiting,
    }
}

/// What the server says of the room, when the live socket cannot be opened.
enum Answer {
    /// The room, or this browser's seat in it, does not exist any more.
    Ended(Ended),
    /// Both exist.
    There,
    /// The server does not answer, or with another problem.
    Unknown,
}

/// Asks the server whether the room and this browser's seat still exist, because a WebSocket that is refused does not
/// tell why.
async fn ask(live: LiveRoom) -> Answer {
    match api::fetch_room(&live.pin()).await {
        Err(problem) if matches!(problem.code, ProblemCode::NoSuchRoom | ProblemCode::RoomClosed) => {
            Answer::Ended(Ended::Gone { closed_at_ms: problem.closed_at_ms })
        }
        Err(problem) if problem.code == ProblemCode::NotAMember => Answer::Ended(Ended::NoSeat),
        Ok(_) => Answer::There,
        Err(_) => Answer::Unknown,
    }
}

async fn connect(
    live: LiveRoom,
    toasts: Toasts,
    since: &mut Option<u64>,
    (queued, held): (&mut UnboundedReceiver<ClientMessage>, &mut Vec<ClientMessage>),
    nudges: &mut UnboundedReceiver<Nudge>,
) -> Ending {
    let address = page::socket_address(&wire::live_in_batches(&live.pin(), *since));
    let Ok(mut socket) = WebSocket::open(&address) else { return Ending::NotConnected };
    let mut ending = Ending::NotConnected;
    let mut gathered = None;
    let mut silence = TimeoutFuture::new(SILENCE_MS).fuse();
    loop {
        select! {
            received = socket.next().fuse() => match received {
                Some(Ok(message)) => {
                    silence = TimeoutFuture::new(SILENCE_MS).fuse();
                    if matches!(ending, Ending::NotConnected) {
                        ending = Ending::AfterConnecting;
                        // Over the new connection the server reports the downloads that still run.
                        live.forget_downloads();
                        live.link.set(Link::Live);
                        // The server sends the first message, so the socket is open now.
                        let hello = ClientMessage::Hello { touch_points: page::touch_points() };
                        if send(&mut socket, &hello).await.is_err() || send(&mut socket, &visibility(page::is_visible())).await.is_err() {
                            return ending;
                        }
                        while let Some(message) = held.first() {
                            if send(&mut socket, message).await.is_err() {
                                return ending;
                            }
                            held.remove(0);
                        }
                    }
                    // A text has one message on each line.
                    if let Message::Text(text) = message
                        && live.change_together(|| text.lines().try_for_each(|line| receive(live, toasts, line, &mut gathered))).is_err()
                    {
                        *since = None;
                        return Ending::AfterConnecting;
                    }
                    *since = Some(live.revision());
                }
                Some(Err(WebSocketError::ConnectionClose(close))) if close.code == CLOSE_ROOM_CLOSED => return Ending::RoomClosed,
                Some(Err(_)) | None => return ending,
            },
            message = queued.next() => match (&ending, message) {
                (Ending::AfterConnecting, Some(message)) => {
                    if send(&mut socket, &message).await.is_err() {
                        hold(held, message);
                        return ending;
                    }
                }
                (_, Some(message)) => hold(held, message),
                (_, None) => {}
            },
            nudge = nudges.next() => if let (Ending::AfterConnecting, Some(nudge)) = (&ending, nudge) {
                let mut messages = Vec::new();
                if let Nudge::Visibility(visible) = nudge {
                    messages.push(visibility(visible));
                }
                if !matches!(nudge, Nudge::Visibility(false)) {
                    // After standby or a change of network the connection may be lost without an error. The server
                    // answers a heartbeat, which shows that the connection still exists.
                    messages.push(ClientMessage::Heartbeat);
                    silence = TimeoutFuture::new(ANSWER_MS).fuse();
                }
                for message in &messages {
                    if send(&mut socket, message).await.is_err() { return ending }
                }
            },
            () = silence => return ending,
        }
    }
}

/// Keeps a message until there is a connection, in place of an earlier one of its kind: only what the person wants at last counts.
/// A pause is not kept, because the upload may have gone on by then.
fn hold(held: &mut Vec<ClientMessage>, message: ClientMessage) {
    if !matches!(message, ClientMessage::UploadPaused { .. }) {
        held.retain(|earlier| mem::discriminant(earlier) != mem::discriminant(&message));
        held.push(message);
    }
}

/// Applies a message to the room. The parts of a snapshot are `gathered` until the last of its messages. An error means that events were missed.
fn receive(live: LiveRoom, toasts: Toasts, text: &str, gathered: &mut Option<Snapshot>) -> Result<(), Gap> {
    // A newer server may send messages that this page does not know; they are ignored.
    let Ok(message) = serde_json::from_str(text) else { return Ok(()) };
    match message {
        ServerMessage::SnapshotPart(part) => gather(gathered, part),
        ServerMessage::Snapshot(snapshot) => {
            gather(gathered, snapshot);
            gathered.take().into_iter().for_each(|whole| live.replace(whole));
        }
        ServerMessage::Event { revision, event } => live.apply(revision, &event)?,
        ServerMessage::Unseen { revision } => live.skip(revision)?,
        ServerMessage::Passing { event } => live.pass(&event),
        ServerMessage::Problem(problem) => toasts.show(problem_text(problem.code)),
        ServerMessage::CaughtUp { .. } | ServerMessage::Heartbeat => {}
    }
    Ok(())
}

/// Adds the next part of a snapshot to those that came before.
fn gather(gathered: &mut Option<Snapshot>, next: Snapshot) {
    match gathered {
        Some(snapshot) => {
            snapshot.revision = next.revision;
            snapshot.room.append(next.room);
        }
        None => *gathered = Some(next),
    }
}

/// Sends a message. Fails if the socket is not open, without trying to send, because the browser would log an error.
async fn send(socket: &mut WebSocket, message: &ClientMessage) -> Result<(), WebSocketError> {
    if !matches!(socket.state(), State::Open) {
        return Err(WebSocketError::ConnectionError);
    }
    // Serializing cannot fail: messages have only string keys, and no part whose serialization fails.
    let text = serde_json::to_string(message).unwrap_or_default();
    socket.send(Message::Text(text)).await
}

fn visibility(visible: bool) -> ClientMessage {
    ClientMessage::Visibility { visible }
}

fn listen_for_nudges(nudge: &UnboundedSender<Nudge>) -> [EventListener; 3] {
    let (online, offline, shown) = (nudge.clone(), nudge.clone(), nudge.clone());
    [
        EventListener::new(&page::window(), "online", move |_| {
            #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when the page is")]
            let _ = online.unbounded_send(Nudge::Online);
        }),
        EventListener::new(&page::window(), "offline", move |_| {
            #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when the page is")]
            let _ = offline.unbounded_send(Nudge::Offline);
        }),
        EventListener::new(&page::document(), "visibilitychange", move |_| {
            #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when the page is")]
            let _ = shown.unbounded_send(Nudge::Visibility(page::is_visible()));
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_wants_at_last_is_held() {
        let rename = |name: &str| ClientMessage::Rename { name: name.to_owned() };
        let lock = |locked| ClientMessage::SetLocked { locked };
        let mut held = Vec::new();
        for message in [
            rename("Olga"),
            lock(true),
            ClientMessage::UploadPaused { id: "7".repeat(32).parse().unwrap() },
            lock(false),
            rename("Olympia"),
        ] {
            hold(&mut held, message);
        }
        assert_eq!(format!("{held:?}"), format!("{:?}", [lock(false), rename("Olympia")]));
    }
}
