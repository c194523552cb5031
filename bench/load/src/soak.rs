//! A hundred thousand short rooms, one after the other, and what the server has left of them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{StreamExt, future::try_join_all};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    dialect::{Dialect, Meaning},
    fleet,
    http::{Http, Request},
    limits,
    peer::Entered,
    server::Server,
    soak_report::{self, Row},
    state::State,
};

/// How many rooms are open at the same time, each over a connection of its own.
const WORKERS: usize = 8;
/// One room in so many has a socket.
const SOCKET_EVERY: usize = 10;
/// The size of each room's file.
const FILE_BYTES: usize = 4096;
/// The code with which a socket is closed when its room is.
const CLOSED: u16 = 4001;
/// How long a socket may take for a message.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the server may take to become idle.
const SETTLING: Duration = Duration::from_secs(60);
/// The share of a core below which the server counts as idle.
const IDLE_SHARE: f64 = 0.02;

/// How much is done.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    /// Rooms after which the server counts as warm.
    pub(crate) warm_up: usize,
    pub(crate) rooms: usize,
    /// No room is begun after this time.
    pub(crate) within: Duration,
    /// How long the server rests before its idle state is measured, so that its spare threads end.
    pub(crate) rest: Duration,
    /// The folder of the results, if any are written.
    pub(crate) results: Option<PathBuf>,
}

/// What happened, and what was left of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Rooms after the warm-up.
    pub(crate) rooms: usize,
    pub(crate) elapsed: Duration,
    /// The idle server after the warm-up and at the end.
    pub(crate) before: State,
    pub(crate) after: State,
    /// The busy server on the way.
    pub(crate) rows: Vec<Row>,
    /// The lines that the server logged.
    pub(crate) complaints: Vec<String>,
}

/// Runs the soak, and fails when the server did not return to where it began.
pub(crate) async fn run(plan: &Plan) -> Result<()> {
    limits::raise_open_files(WORKERS * 4)?;
    let server = Server::snapdrop(&plan.program).await?;
    let measured = soak(&server, plan).await;
    let (mut outcome, complaints) = server.stop_after(measured).await?;
    outcome.complaints = complaints;
    let text = soak_report::markdown(plan, &outcome)?;
    println!("{text}");
    if let Some(folder) = &plan.results {
        std::fs::write(folder.join("soak.md"), text)?;
    }
    let grown = soak_report::grown(&outcome);
    ensure!(grown.is_empty(), "the server did not return to where it began: {}", grown.join("; "));
    Ok(())
}

async fn soak(server: &Server, plan: &Plan) -> Result<Outcome> {
    batch(server.address, 0..plan.warm_up, Duration::MAX).await?;
    let before = settled(server, plan.rest).await?;
    let (start, mut rows, mut done) = (Instant::now(), Vec::new(), 0);
    for tenth in 1..=10 {
        let end = plan.rooms * tenth / 10;
        let (began, left) = (Instant::now(), plan.within.saturating_sub(start.elapsed()));
        let rooms = batch(server.address, done..end, left).await?;
        done += rooms;
        let row = Row { rooms: done, batch: rooms, took: began.elapsed(), state: State::of(server)? };
        eprintln!("{}", soak_report::line(&row)?);
        rows.push(row);
        if done < end {
            eprintln!("the time is over");
            break;
        }
    }
    let elapsed = start.elapsed();
    let after = settled(server, plan.rest).await?;
    Ok(Outcome { rooms: done, elapsed, before, after, rows, complaints: Vec::new() })
}

/// The server once it is idle and has rested.
async fn settled(server: &Server, rest: Duration) -> Result<State> {
    ensure!(server.process.idle(IDLE_SHARE, SETTLING).await?, "the server does not become idle");
    tokio::time::sleep(rest).await;
    State::of(server)
}

/// Makes the rooms with these numbers, and returns how many were made before the time was over.
async fn batch(address: SocketAddr, rooms: std::ops::Range<usize>, within: Duration) -> Result<usize> {
    let start = Instant::now();
    let worker = |number: usize| {
        let rooms = rooms.clone();
        async move {
            let mut connection = Http::connect(address).await?;
            let mut done = 0;
            for room in rooms.skip(number).step_by(WORKERS) {
                if start.elapsed() >= within {
                    break;
                }
                one_room(&mut connection, address, room).await.with_context(|| format!("room {room}"))?;
                done += 1;
            }
            anyhow::Ok(done)
        }
    };
    Ok(try_join_all((0..WORKERS).map(worker)).await?.into_iter().sum())
}

/// The life of one room: it is created, joined and closed, and a file goes from its owner to its guest.
async fn one_room(connection: &mut Http, address: SocketAddr, number: usize) -> Result<()> {
    let owner = Entered::at(connection, None).await?;
    let guest = Entered::at(connection, Some(&owner.pin)).await?;
    let mut socket = None;
    if number.is_multiple_of(SOCKET_EVERY) {
        let mut opened = fleet::connect(address, &guest.seat()).await?;
        wait_for(&mut opened, |message| matches!(message, Message::Text(text) if Dialect::SnapDrop.read(text) == Meaning::Ready)).await?;
        socket = Some(opened);
    }

    let bytes: Vec<u8> = format!("{number:016}").into_bytes().repeat(FILE_BYTES / 16);
    // The name is `notes.txt` in base64.
    let head = format!(
        "tus-resumable: 1.0.0\r\nupload-length: {FILE_BYTES}\r\nupload-metadata: filename bm90ZXMudHh0\r\ncontent-type: application/offset+octet-stream\r\n"
    );
    let upload =
        Request { method: "POST", path: &format!("/api/rooms/{}/files", owner.pin), token: Some(&owner.token), head: &head, body: &bytes };
    let created = connection.send(upload).await?.expect(201)?;
    let path = created.header("location").context("the file has no address")?.to_owned();

    let download = Request { method: "GET", path: &path, token: Some(&guest.token), ..Request::default() };
    let got = connection.send(download).await?.expect(200)?;
    ensure!(got.body == bytes, "the file came back with other bytes");

    let room = format!("/api/rooms/{}", owner.pin);
    let close = Request { method: "DELETE", path: &room, token: Some(&owner.token), ..Request::default() };
    connection.send(close).await?.expect(204)?;
    if let Some(mut socket) = socket {
        let is_end = |message: &Message| matches!(message, Message::Close(Some(frame)) if u16::from(frame.code) == CLOSED);
        wait_for(&mut socket, is_end).await.context("the socket of a closed room")?;
    }
    Ok(())
}

/// Reads from a socket until this message comes.
async fn wait_for<S>(socket: &mut S, awaited: impl Fn(&Message) -> bool) -> Result<()>
where
    S: StreamExt<Item = std::result::Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        match timeout(PATIENCE, socket.next()).await.context("nothing came")? {
            Some(Ok(message)) if awaited(&message) => return Ok(()),
            Some(Ok(Message::Close(frame))) => bail!("it ended with {frame:?}"),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => bail!("it ended"),
        }
    }
}
