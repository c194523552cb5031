//! The sockets of a scenario. Each is read by a task of its own, which notes when events arrive.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, sync::Semaphore, task::JoinSet, time::Instant};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

use crate::dialect::{Dialect, Meaning};

/// How many sockets are between their connection and their readiness at the same time.
const OPENING: usize = 64;
/// How often it is looked whether something awaited has happened.
const LOOK: Duration = Duration::from_millis(5);
/// The size of a socket's read buffer, of which there are thousands.
const BUFFER_BYTES: usize = 4096;

/// How one socket is opened.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// The path of the handshake.
    pub(crate) path: String,
    /// What proves the seat, if there are seats.
    pub(crate) token: Option<String>,
    /// What is sent when the server waits for a greeting.
    pub(crate) greeting: String,
}

/// What the readers share.
#[derive(Debug, Default)]
struct Shared {
    ready: AtomicUsize,
    /// Sockets that got another snapshot, because they had not kept up.
    overtaken: AtomicUsize,
    /// Why sockets ended or were not opened.
    ended: Mutex<Vec<String>>,
    /// The moments at which each event arrived, by the event's number.
    arrivals: Mutex<Vec<Vec<Instant>>>,
}

/// Open sockets. Dropping them cuts the connections.
#[derive(Debug)]
pub(crate) struct Fleet {
    _readers: JoinSet<()>,
    shared: Arc<Shared>,
    size: usize,
}

impl Fleet {
    /// Opens a socket for each seat, and returns when each has what the server sends in the beginning.
    pub(crate) async fn open(address: SocketAddr, dialect: Dialect, seats: &[Seat], patience: Duration) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let (mut readers, doors, deadline) = (JoinSet::new(), Arc::new(Semaphore::new(OPENING)), Instant::now() + patience);
        for seat in seats {
            let door = tokio::time::timeout_at(deadline, Arc::clone(&doors).acquire_owned()).await;
            let door = door.with_context(|| format!("only {} sockets are open", shared.ready.load(Ordering::Relaxed)))??;
            let (shared, seat) = (Arc::clone(&shared), seat.clone());
            readers.spawn(async move {
                let end = match connect(address, &seat).await {
                    Ok(socket) => listen(socket, dialect, seat, &shared, door).await,
                    Err(error) => error,
                };
                shared.ended.lock().expect("nothing panics with the lock").push(format!("{end:#}"));
            });
        }
        let fleet = Self { _readers: readers, shared, size: seats.len() };
        while fleet.shared.ready.load(Ordering::Relaxed) < fleet.size {
            if Instant::now() > deadline || fleet.ended() > 0 {
                bail!("only {} of {} sockets are open; {}", fleet.shared.ready.load(Ordering::Relaxed), fleet.size, fleet.why());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(fleet)
    }

    /// Waits until all sockets got the event, and returns when each did. The events are numbered from 0 without gaps.
    pub(crate) async fn arrivals(&self, event: usize, patience: Duration) -> Result<Vec<Instant>> {
        let deadline = Instant::now() + patience;
        loop {
            let arrivals = self.shared.arrivals.lock().expect("nothing panics with the lock").get(event).cloned().unwrap_or_default();
            if arrivals.len() >= self.size {
                return Ok(arrivals);
            }
            if Instant::now() > deadline {
                bail!("event {event} reached {} of {} sockets; {}", arrivals.len(), self.size, self.why());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many sockets have ended.
    pub(crate) fn ended(&self) -> usize {
        self.shared.ended.lock().expect("nothing panics with the lock").len()
    }

    /// How often a socket got a snapshot in the place of events, because it was too far behind.
    pub(crate) fn overtaken(&self) -> usize {
        self.shared.overtaken.load(Ordering::Relaxed)
    }

    fn why(&self) -> String {
        let ended = self.shared.ended.lock().expect("nothing panics with the lock");
        ended.first().map_or_else(|| "none has ended".to_owned(), |first| format!("{} have ended, the first: {first}", ended.len()))
    }
}

/// Opens one socket.
pub(crate) async fn connect(address: SocketAddr, seat: &Seat) -> Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}{}", seat.path).into_client_request()?;
    if let Some(token) = &seat.token {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    }
    let stream = TcpStream::connect(address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES).write_buffer_size(0);
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await.context("no socket was opened")?;
    Ok(socket)
}

/// Reads a socket until it ends, and returns why it did. The door is held until the socket is ready.
async fn listen(
    mut socket: WebSocketStream<TcpStream>,
    dialect: Dialect,
    seat: Seat,
    shared: &Shared,
    door: tokio::sync::OwnedSemaphorePermit,
) -> anyhow::Error {
    let mut door = Some(door);
    loop {
        // Pings of the WebSocket itself are answered by the library.
        let text = match socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => return anyhow::anyhow!("the server closed the socket: {frame:?}"),
            Some(Ok(_)) => continue,
            Some(Err(error)) => return error.into(),
            None => return anyhow::anyhow!("the connection ended"),
        };
        let answer = match dialect.read(&text) {
            Meaning::Event(number) => {
                let mut arrivals = shared.arrivals.lock().expect("nothing panics with the lock");
                if arrivals.len() <= number {
                    arrivals.resize(number + 1, Vec::new());
                }
                arrivals[number].push(Instant::now());
                continue;
            }
            Meaning::Ready => {
                let counter = if door.take().is_some() { &shared.ready } else { &shared.overtaken };
                counter.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            Meaning::Greet => seat.greeting.clone(),
            Meaning::Ping => "3".to_owned(),
            Meaning::Other => continue,
        };
        if let Err(error) = socket.send(Message::text(answer)).await {
            return error.into();
        }
    }
}
