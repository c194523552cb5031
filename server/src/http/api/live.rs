//! `GET /api/rooms/{pin}/live`: the live socket of a member, a WebSocket. The server sends the snapshot or the missed
//! events, and then every broadcast of the room; the client sends the few messages of `ClientMessage`.
//!
//! A client that asks for batches gets those broadcasts in one message that wait when the socket is written. A broadcast that
//! comes alone is sent at once; while many come, they are gathered for some milliseconds.

mod batch;
pub(crate) mod socket;
pub(crate) mod upgrade;

use std::{ops::ControlFlow, pin::pin, sync::Arc, time::Duration};

use app::{
    room::Role,
    wire::{CLOSE_RESTART, CLOSE_ROOM_CLOSED, ClientMessage, Problem, ProblemCode, ServerMessage},
};
use axum::{
    extract::{Query, rejection::QueryRejection},
    response::Response,
};
use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};
use tokio::{
    sync::broadcast::error::{RecvError, TryRecvError},
    time::{Instant, MissedTickBehavior},
};
use tokio_tungstenite::tungstenite::{
    self, Message, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::coding::{CloseCode, Control, Data, OpCode},
    },
};

use crate::{
    device::DeviceRules,
    http::{
        Refusal, Services, State,
        content::seat::display_name,
        guard::{Session, too_many},
    },
    rooms::{Attendance, Broadcast, NoSocket, RecordError, Subscription},
};
use batch::Batch;
use socket::Socket;
use upgrade::Upgrade;

/// How long a client may take to receive a snapshot, or the events that it missed: on a slow phone, the list of a room with
/// thousands of files takes some seconds.
const FIRST_MESSAGES: Duration = Duration::from_secs(60);
/// How long after a batch the next one waits for more messages. A browser spends most of its time with a
/// message itself, and little with each event in it.
const GATHERING: Duration = Duration::from_millis(40);
/// How long a client may take to answer a close frame.
const CLOSING: Duration = Duration::from_secs(2);

/// The query of the address.
#[derive(Debug, Deserialize)]
pub(crate) struct Wishes {
    /// The revision that the client already has, if it has one.
    since: Option<String>,
    /// There, with whatever value, if a text message may hold several messages of the server.
    batches: Option<IgnoredAny>,
}

/// Upgrades a member's request and serves the socket until either side ends it.
pub(crate) async fn connect(
    services: State,
    session: Session,
    query: Result<Query<Wishes>, QueryRejection>,
    upgrade: Result<Upgrade, Refusal>,
) -> Result<Response, Refusal> {
    let out_of_range = || Refusal::new(ProblemCode::OutOfRange, "since must be the revision of a snapshot.");
    let Query(Wishes { since, batches }) = query.map_err(|_| out_of_range())?;
    let since = since.map(|since| since.parse()).transpose().map_err(|_| out_of_range())?;
    session.room.may_attend(session.member)?;
    let services = Arc::clone(&services);
    let sockets = services.sockets.clone();
    Ok(upgrade?.accept(move |connection| {
        // A client may be silent for as long.
        let patience = 2 * services.config.timeouts.heartbeat;
        let socket = Socket::new(connection, patience);
        let batches = batches.map(|_| Batches::default());
        let mut live = Live { peer: Peer { services, session }, socket, batches };
        sockets.track_future(async move { live.serve(since).await })
    }))
}

/// One open socket.
///
/// What its task does only now and then is in a future that is allocated when it is needed. Otherwise, each of the thousands of
/// sockets would have the space for it all the time.
struct Live {
    peer: Peer,
    socket: Socket,
    /// There if the client takes several messages in one.
    batches: Option<Batches>,
}

/// When batches are sent.
#[derive(Debug, Default)]
struct Batches {
    sent_at: Option<Instant>,
}

impl Batches {
    /// Until when the next batch waits for more messages, if that is not over yet. A batch that comes alone never waits.
    fn wait(&self) -> Option<Instant> {
        self.sent_at.map(|sent_at| sent_at + GATHERING).filter(|until| *until > Instant::now())
    }
}

/// The member at the other end of the socket.
struct Peer {
    services: Arc<Services>,
    session: Session,
}

/// How a socket ends: with a close frame of this code and reason, with the answer to the peer's own, or with neither, because
/// the peer is gone.
enum End {
    Close(CloseCode, &'static str),
    Left,
    Gone,
}

/// What comes after the messages that are sent to a socket now.
enum Next {
    /// Further broadcasts, when there are some.
    Broadcasts,
    /// A snapshot, because some of the broadcasts are not kept any more.
    Snapshot,
    /// The end of the socket, because its member has given up the seat.
    SeatGivenUp,
    /// The end of the room.
    End,
}

impl Live {
    async fn serve(&mut self, since: Option<u64>) {
        let end = match Box::pin(self.peer.session.room.attend(self.peer.session.member)).await {
            Ok(attendance) => self.run(&attendance, since).await,
            Err(RecordError::Closed) => room_closed(),
            Err(RecordError::Refused(NoSocket::OfMember(_) | NoSocket::OfRoom(_))) => End::Close(CloseCode::Policy, "too many sockets"),
            Err(RecordError::Refused(NoSocket::NoSeat)) => End::Close(CloseCode::Policy, "the seat was given away"),
            Err(RecordError::Journal(_)) => End::Close(CloseCode::Error, "try again"),
        };
        let frame = match end {
            End::Close(code, reason) => Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }),
            End::Left => None,
            End::Gone => return,
        };
        #[expect(clippy::let_underscore_must_use, reason = "a peer that does not answer in time needs no closing handshake")]
        let _ = Box::pin(tokio::time::timeout(CLOSING, self.socket.close(frame))).await;
    }

    async fn run(&mut self, attendance: &Attendance, since: Option<u64>) -> End {
        let room = self.peer.session.room.clone();
        let stopping = self.peer.services.stopping.clone();
        let period = self.peer.services.config.timeouts.heartbeat;
        // Every socket of the server waits for this, so that it would cost a lot to begin anew with each event.
        let mut stopped = pin!(stopping.cancelled());
        let mut heartbeat = tokio::time::interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_frame_at = Instant::now();

        let mut subscription = room.subscribe(since, self.peer.session.viewer());
        if Box::pin(self.send_first(&mut subscription)).await.is_break() {
            return End::Gone;
        }
        loop {
            let step = tokio::select! {
                // In this order, because what came while something was sent slowly has to be read before the client counts as
                // silent. A client cannot keep the others waiting: it may not send so many frames.
                biased;
                () = &mut stopped => ControlFlow::Break(End::Close(CLOSE_RESTART.into(), "the server restarts")),
                frame = self.socket.recv() => {
                    last_frame_at = Instant::now();
                    match frame {
                        Ok(_) if !attendance.count_frame() => ControlFlow::Break(End::Close(CloseCode::Policy, "too many frames")),
                        Ok(message) => self.handle_frame(message, attendance).await,
                        Err(error) => ControlFlow::Break(broken(&error)),
                    }
                }
                _ = heartbeat.tick() => {
                    if last_frame_at.elapsed() >= 2 * period {
                        ControlFlow::Break(End::Gone)
                    } else {
                        Box::pin(self.send_heartbeat()).await
                    }
                }
                message = subscription.broadcasts.recv() => self.forward(message, &mut subscription).await,
            };
            if let ControlFlow::Break(end) = step {
                return end;
            }
        }
    }

    /// Sends a broadcast of the room to this socket, and with it those that wait behind it, if the client takes them
    /// together. A socket that fell too far behind gets a snapshot instead.
    async fn forward(&mut self, received: Result<Arc<Broadcast>, RecvError>, subscription: &mut Subscription) -> ControlFlow<End> {
        let mut batch = Batch::default();
        let mut next = self.peer.gather(received, subscription, &mut batch, self.batches.is_some());
        if let Some(until) = self.batches.as_ref().and_then(Batches::wait) {
            next = Box::pin(self.peer.gather_until(until, next, subscription, &mut batch)).await;
        }
        if !batch.is_empty() {
            self.send(batch.text()).await?;
            if let Some(batches) = &mut self.batches {
                // Behind a batch that is full more wait already.
                batches.sent_at = (!batch.is_full()).then(Instant::now);
            }
        }
        match next {
            Next::Broadcasts => ControlFlow::Continue(()),
            Next::Snapshot => {
                if !self.peer.session.room.has_seat(self.peer.session.member) {
                    return ControlFlow::Break(seat_given_up());
                }
                *subscription = self.peer.session.room.subscribe(None, self.peer.session.viewer());
                Box::pin(self.send_first(subscription)).await?;
                if self.peer.session.room.is_open() { ControlFlow::Continue(()) } else { ControlFlow::Break(room_closed()) }
            }
            Next::SeatGivenUp => ControlFlow::Break(seat_given_up()),
            Next::End => ControlFlow::Break(room_closed()),
        }
    }

    /// Sends the heartbeat: a ping for programs, and a message for browsers, in which scripts do not see pings.
    async fn send_heartbeat(&mut self) -> ControlFlow<End> {
        self.send_frame(OpCode::Control(Control::Ping), &[]).await?;
        self.send_message(&ServerMessage::Heartbeat).await
    }

    /// Handles a frame from the client, and sends the response if there is one.
    async fn handle_frame(&mut self, message: Message, attendance: &Attendance) -> ControlFlow<End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => Utf8Bytes::from_static(""),
            // The last of these is never read: it stands for frames that are sent.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return ControlFlow::Continue(()),
            Message::Close(_) => return ControlFlow::Break(End::Left),
        };
        let outcome = match attendance.count_message() {
            Ok(()) => Box::pin(self.peer.carry_out(&text, attendance)).await,
            Err(wait) => Err(too_many(wait).into()),
        };
        match outcome {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(answer)) => Box::pin(self.send_message(&answer)).await,
            Err(Refusal(problem)) => Box::pin(self.send_message(&ServerMessage::Problem(problem))).await,
        }
    }

    /// Encodes a message as JSON and sends it.
    async fn send_message(&mut self, message: &ServerMessage) -> ControlFlow<End> {
        self.send(&encode(message)).await
    }

    /// Sends the first messages of a subscription. The socket ends if the peer does not take all of them within
    /// [`FIRST_MESSAGES`], because they are kept in memory until then.
    async fn send_first(&mut self, subscription: &mut Subscription) -> ControlFlow<End> {
        let texts = std::mem::take(&mut subscription.first);
        let sending = async {
            for text in texts {
                self.send(&text).await?;
            }
            ControlFlow::Continue(())
        };
        tokio::time::timeout(FIRST_MESSAGES, sending).await.unwrap_or(ControlFlow::Break(End::Gone))
    }

    /// Sends a message that is encoded already, as a text frame.
    async fn send(&mut self, text: &[u8]) -> ControlFlow<End> {
        self.send_frame(OpCode::Data(Data::Text), text).await
    }

    async fn send_frame(&mut self, opcode: OpCode, payload: &[u8]) -> ControlFlow<End> {
        match self.socket.send(opcode, payload).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(End::Gone),
        }
    }
}

impl Peer {
    /// Adds what comes until then to the messages to send, unless they are enough. Taking it at once keeps the socket from
    /// falling behind.
    async fn gather_until(&self, until: Instant, mut next: Next, subscription: &mut Subscription, batch: &mut Batch) -> Next {
        while matches!(next, Next::Broadcasts)
            && !batch.is_full()
            && let Ok(received) = tokio::time::timeout_at(until, subscription.broadcasts.recv()).await
        {
            next = self.gather(received, subscription, batch, true);
        }
        next
    }

    /// Adds what waits to the messages to send, and returns what comes after them. Broadcasts that the subscription already
    /// contains are skipped; of an event that the member may not see, there is only the number. Without `is_batch`, there is only
    /// one message.
    fn gather(
        &self,
        mut received: Result<Arc<Broadcast>, RecvError>,
        subscription: &mut Subscription,
        batch: &mut Batch,
        is_batch: bool,
    ) -> Next {
        loop {
            match received {
                Ok(message) => {
                    if message.revision.is_none_or(|revision| revision > subscription.revision) {
                        subscription.revision = message.revision.unwrap_or(subscription.revision);
                        if message.audience.includes(self.session.viewer()) {
                            batch.push(message.text.clone());
                        } else if let Some(revision) = message.revision {
                            batch.push(encode(&ServerMessage::Unseen { revision }));
                        }
                        if message.last {
                            return Next::End;
                        }
                        if message.forgotten == Some(self.session.member) {
                            return Next::SeatGivenUp;
                        }
                    }
                }
                Err(RecvError::Lagged(_)) => return Next::Snapshot,
                Err(RecvError::Closed) => return Next::End,
            }
            if !is_batch || batch.is_full() {
                return Next::Broadcasts;
            }
            received = match subscription.broadcasts.try_recv() {
                Ok(message) => Ok(message),
                Err(TryRecvError::Empty) => return Next::Broadcasts,
                Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
            };
        }
    }

    /// Does what a message asks for. Most messages have no response, because the sender gets the change as a broadcast,
    /// like everybody else in the room.
    async fn carry_out(&self, text: &str, attendance: &Attendance) -> Result<Option<ServerMessage>, Refusal> {
        let Session { room, role, .. } = &self.session;
        let member = attendance.member();
        let message = serde_json::from_str(text)
            .map_err(|_| Problem::new(ProblemCode::MalformedMessage, "The message is not one that this socket understands."))?;
        match message {
            ClientMessage::Hello { touch_points } => {
                // Browsers do not send client hints when they open a socket, so the device that an earlier request
                // described is kept, and only corrected by the touch points.
                if let Some(known) = room.read(|room| room.member(member).map(|member| member.device.clone())) {
                    room.change_device(member, DeviceRules::with_touch_points(&known, touch_points)).await?;
                }
            }
            ClientMessage::Visibility { visible } => attendance.set_visible(visible),
            ClientMessage::Rename { name } => room.rename(member, display_name(&name)?).await?,
            ClientMessage::SetLocked { locked } => match role {
                Role::Owner => room.set_locked(locked).await?,
                Role::Guest => return Err(owner_only()),
            },
            ClientMessage::UploadPaused { id } => match role {
                Role::Owner => self.services.uploads.tell_paused(room, id),
                Role::Guest => return Err(owner_only()),
            },
            ClientMessage::Heartbeat => return Ok(Some(ServerMessage::Heartbeat)),
        }
        Ok(None)
    }
}

/// Encodes a message as JSON.
fn encode(message: &ServerMessage) -> Bytes {
    serde_json::to_vec(message).expect("messages have string keys and no failing parts").into()
}

fn owner_only() -> Refusal {
    Refusal::new(ProblemCode::OwnerOnly, "Only the owner of the room may do this.")
}

fn seat_given_up() -> End {
    End::Close(CloseCode::Policy, "the seat was given up")
}

fn room_closed() -> End {
    End::Close(CLOSE_ROOM_CLOSED.into(), "the room is closed")
}

/// How a socket ends when a frame cannot be read: with a close frame that says why, unless the peer is gone.
fn broken(error: &tungstenite::Error) -> End {
    use tungstenite::{Error, error::ProtocolError::ResetWithoutClosingHandshake};
    match error {
        Error::Capacity(_) => End::Close(CloseCode::Size, "the message is too long"),
        Error::Utf8(_) => End::Close(CloseCode::Invalid, "the text is not UTF-8"),
        Error::Protocol(error) if *error != ResetWithoutClosingHandshake => End::Close(CloseCode::Protocol, "this is no frame"),
        _ => End::Gone,
    }
}
