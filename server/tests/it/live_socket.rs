//! A live socket as a well-behaved client uses it: it always reads, and it answers pings.

use app::{
    room::{FileId, PassingEvent, RoomEvent, Snapshot},
    wire::{self, ProblemCode, ServerMessage},
};
use futures::{SinkExt as _, StreamExt as _, stream::SplitSink};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, handshake::client::Response},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{seat::Seat, test_app::LONG};

pub(crate) type Stream = WebSocketStream<TcpStream>;

/// The messages that came over a socket, and its sending half. Dropping it cuts the connection.
pub(crate) struct LiveSocket {
    sink: SplitSink<Stream, Message>,
    received: mpsc::UnboundedReceiver<Message>,
    /// What came so far, for the message of a test that fails.
    seen: Vec<String>,
    _reader: AbortOnDropHandle<()>,
}

/// Opens a live socket with the seat's token and with `headers`.
pub(crate) async fn connect(
    seat: &Seat,
    since: Option<u64>,
    headers: &[(&'static str, &str)],
) -> Result<(Stream, Response), Box<tungstenite::Error>> {
    let stream = TcpStream::connect(seat.door.address()).await.unwrap();
    connect_over(stream, seat, since, headers).await
}

/// Like [`connect`], over an existing connection.
pub(crate) async fn connect_over(
    stream: TcpStream,
    seat: &Seat,
    since: Option<u64>,
    headers: &[(&'static str, &str)],
) -> Result<(Stream, Response), Box<tungstenite::Error>> {
    connect_at(stream, seat, &wire::live(&seat.entered.pin, since), headers).await
}

/// Like [`connect_over`], at this address of the seat's room.
pub(crate) async fn connect_at<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    seat: &Seat,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<(WebSocketStream<S>, Response), Box<tungstenite::Error>> {
    let address = format!("ws://{}{path}", seat.door.host());
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", seat.entered.token).parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    client_async(request, stream).await.map_err(Box::new)
}

impl LiveSocket {
    pub(crate) async fn open(seat: &Seat, since: Option<u64>, headers: &[(&'static str, &str)]) -> Self {
        let (stream, _) = connect(seat, since, headers).await.unwrap();
        let (sink, mut stream) = stream.split();
        let (tell, received) = mpsc::unbounded_channel();
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Self { sink, received, seen: Vec::new(), _reader: AbortOnDropHandle::new(reader) }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.sink.send(message).await.unwrap();
    }

    /// Sends a frame unless the server has closed the socket; returns whether it was sent.
    pub(crate) async fn send_if_open(&mut self, message: Message) -> bool {
        tokio::task::yield_now().await;
        self.sink.send(message).await.is_ok()
    }

    /// The next message other than a ping, a pong or a heartbeat.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Heartbeat => {}
                    message => return message,
                },
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("the socket ended with {other:?}, after {}", self.seen()),
            }
        }
    }

    /// The next frame of any kind, `None` when the connection is gone.
    pub(crate) async fn frame(&mut self) -> Option<Message> {
        let Ok(frame) = timeout(LONG, self.received.recv()).await else {
            panic!("nothing came for {LONG:?}, after {}", self.seen());
        };
        self.seen.extend(frame.as_ref().map(|frame| frame.to_string()));
        frame
    }

    /// Everything that came, one message on each line.
    fn seen(&self) -> String {
        format!("these {} messages:\n{}", self.seen.len(), self.seen.join("\n"))
    }

    /// The close code that the socket ends with; 0 when it is cut without one.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(_) => {}
                None => return 0,
            }
        }
    }

    /// The snapshot that comes next, in one message or several.
    pub(crate) async fn snapshot(&mut self) -> Snapshot {
        let mut gathered = Vec::new();
        loop {
            match self.next().await {
                ServerMessage::SnapshotPart(part) => gathered.push(part),
                ServerMessage::Snapshot(snapshot) => return whole(&mut gathered, snapshot),
                _ => panic!("no snapshot came, after {}", self.seen()),
            }
        }
    }

    /// The next recorded event.
    pub(crate) async fn event(&mut self) -> RoomEvent {
        loop {
            match self.next().await {
                ServerMessage::Event { event, .. } => return event,
                ServerMessage::Passing { .. } | ServerMessage::Unseen { .. } => {}
                _ => panic!("no event came, after {}", self.seen()),
            }
        }
    }

    /// Waits for the event with a file's digest, which comes some time after that of its completion.
    pub(crate) async fn until_digested(&mut self, awaited: FileId) {
        while !matches!(self.event().await, RoomEvent::FileDigested { id, .. } if id == awaited) {}
    }

    /// Waits until a download runs, or has ended.
    pub(crate) async fn until_download(&mut self, runs: bool) {
        while !matches!(self.next().await, ServerMessage::Passing { event: PassingEvent::Download { running, .. } } if running == runs) {}
    }

    /// Waits for this passing event.
    pub(crate) async fn until_passing(&mut self, awaited: PassingEvent) {
        loop {
            if matches!(self.next().await, ServerMessage::Passing { event } if event == awaited) {
                return;
            }
        }
    }

    /// The code of the next problem.
    pub(crate) async fn problem(&mut self) -> ProblemCode {
        loop {
            if let ServerMessage::Problem(problem) = self.next().await {
                return problem.code;
            }
        }
    }
}

/// Puts a snapshot together, of which these parts came before.
pub(crate) fn whole(parts: &mut Vec<Snapshot>, last: Snapshot) -> Snapshot {
    parts.push(last);
    let mut parts = std::mem::take(parts).into_iter();
    let mut snapshot = parts.next().unwrap();
    for next in parts {
        snapshot.revision = next.revision;
        snapshot.room.append(next.room);
    }
    snapshot
}
