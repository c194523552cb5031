//! The live socket: stays connected by itself and folds what it hears into the room.

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

use super::{
    api, backoff,
    live_room::{Ended, Link, LiveRoom},
    page,
    problem_text::problem_text,
    toasts::Toasts,
};
use crate::wire::{self, CLOSE_ROOM_CLOSED, ClientMessage, HEARTBEAT_SECS, ProblemCode, ServerMessage};

/// A server that said nothing for two heartbeats, and a little more for the way, is not there.
const SILENCE_MS: u32 = (2 * HEARTBEAT_SECS + 5) * 1000;
/// How soon a server that is there answers when asked.
const ANSWER_MS: u32 = 4000;

/// Follows the room until the page is left.
pub fn follow(live: LiveRoom, toasts: Toasts) {
    let (says, said) = unbounded();
    live.set_speaker(says);
    let (task, stop) = abortable(stay_connected(live, toasts, said));
    spawn_local(async move {
        // Aborted is how it ends when the page is left.
        let _ = task.await;
    });
    on_cleanup(move || stop.abort());
}

/// Something that makes another try worth it, or that the server should know.
enum Nudge {
    /// The browser has a network again.
    Online,
    /// The page came to the front or went to the back.
    Visibility(bool),
}

/// How a connection ended.
enum Lost {
    /// The room is closed; there is nothing to come back to.
    Closed,
    /// It was live before, so the next one is tried soon.
    Live,
    /// It never came to be.
    Never,
}

async fn stay_connected(live: LiveRoom, toasts: Toasts, mut said: UnboundedReceiver<ClientMessage>) {
    let (nudge, mut nudges) = unbounded();
    let _listeners = listen_for_nudges(&nudge);
    let mut failures = 0;
    let mut since = Some(live.revision());
    loop {
        match connect(live, toasts, &mut since, &mut said, &mut nudges).await {
            Lost::Closed => return,
            Lost::Live => failures = 0,
            Lost::Never => {
                failures += 1;
                if let Some(ended) = ended(live).await {
                    live.ended.set(Some(ended));
                    return;
                }
            }
        }
        live.link.set(Link::Waiting);
        let mut wait = sleep(backoff::after(failures)).fuse();
        loop {
            select! {
                () = wait => break,
                nudge = nudges.next() => if let Some(Nudge::Online | Nudge::Visibility(true)) = nudge { break },
            }
        }
        live.link.set(Link::Connecting);
    }
}

/// Whether there is a room, and a seat in it, to come back to. A socket that is refused does not say why.
async fn ended(live: LiveRoom) -> Option<Ended> {
    match api::look(&live.pin()).await {
        Err(problem) if problem.code == ProblemCode::NoSuchRoom => Some(Ended::Gone),
        Err(problem) if problem.code == ProblemCode::NotAMember => Some(Ended::NoSeat),
        Ok(_) | Err(_) => None,
    }
}

async fn connect(
    live: LiveRoom,
    toasts: Toasts,
    since: &mut Option<u64>,
    said: &mut UnboundedReceiver<ClientMessage>,
    nudges: &mut UnboundedReceiver<Nudge>,
) -> Lost {
    let address = page::socket_address(&wire::live(&live.pin(), *since));
    let Ok(mut socket) = WebSocket::open(&address) else { return Lost::Never };
    let mut lost = Lost::Never;
    let mut silence = TimeoutFuture::new(SILENCE_MS).fuse();
    loop {
        select! {
            heard = socket.next().fuse() => match heard {
                Some(Ok(message)) => {
                    silence = TimeoutFuture::new(SILENCE_MS).fuse();
                    if matches!(lost, Lost::Never) {
                        lost = Lost::Live;
                        // Those that go on are told anew.
                        live.forget_downloads();
                        live.link.set(Link::Live);
                        // The server speaks first, so the socket is open now.
                        let hello = ClientMessage::Hello { touch_points: page::touch_points() };
                        if say(&mut socket, &hello).await.is_err() || say(&mut socket, &visibility(page::is_visible())).await.is_err() {
                            return lost;
                        }
                    }
                    if let Message::Text(text) = message && hear(live, toasts, &text).is_err() {
                        *since = None;
                        return Lost::Live;
                    }
                    *since = Some(live.revision());
                }
                Some(Err(WebSocketError::ConnectionClose(close))) if close.code == CLOSE_ROOM_CLOSED => return Lost::Closed,
                Some(Err(_)) | None => return lost,
            },
            // Before the socket is open nobody can be told; what matters is said when it opens.
            message = said.next() => if let (Lost::Live, Some(message)) = (&lost, message) && say(&mut socket, &message).await.is_err() {
                return lost;
            },
            nudge = nudges.next() => if let (Lost::Live, Some(nudge)) = (&lost, nudge) {
                let mut words = Vec::new();
                if let Nudge::Visibility(visible) = nudge {
                    words.push(visibility(visible));
                }
                if !matches!(nudge, Nudge::Visibility(false)) {
                    // After a sleep or a change of network the socket may be dead without knowing it.
                    words.push(ClientMessage::Heartbeat);
                    silence = TimeoutFuture::new(ANSWER_MS).fuse();
                }
                for message in &words {
                    if say(&mut socket, message).await.is_err() { return lost }
                }
            },
            () = silence => return lost,
        }
    }
}

/// Folds a message into the room; an error means that something was missed.
fn hear(live: LiveRoom, toasts: Toasts, text: &str) -> Result<(), crate::room::Gap> {
    // A newer server may say more than this page understands.
    let Ok(message) = serde_json::from_str(text) else { return Ok(()) };
    match message {
        ServerMessage::Snapshot(snapshot) => live.replace(snapshot),
        ServerMessage::Event { revision, event } => live.apply(revision, &event)?,
        ServerMessage::Passing { event } => live.pass(&event),
        ServerMessage::Problem(problem) => toasts.show(problem_text(problem.code)),
        ServerMessage::CaughtUp { .. } | ServerMessage::Heartbeat => {}
    }
    Ok(())
}

/// Sends a message; fails on a socket that is not open, on which the browser would complain aloud.
async fn say(socket: &mut WebSocket, message: &ClientMessage) -> Result<(), WebSocketError> {
    if !matches!(socket.state(), State::Open) {
        return Err(WebSocketError::ConnectionError);
    }
    // Messages have string keys and no failing parts.
    let text = serde_json::to_string(message).unwrap_or_default();
    socket.send(Message::Text(text)).await
}

fn visibility(visible: bool) -> ClientMessage {
    ClientMessage::Visibility { visible }
}

fn listen_for_nudges(nudge: &UnboundedSender<Nudge>) -> [EventListener; 2] {
    let (online, shown) = (nudge.clone(), nudge.clone());
    [
        // The receiver is gone only when the page is.
        EventListener::new(&page::window(), "online", move |_| drop(online.unbounded_send(Nudge::Online))),
        EventListener::new(&page::document(), "visibilitychange", move |_| {
            drop(shown.unbounded_send(Nudge::Visibility(page::is_visible())));
        }),
    ]
}
