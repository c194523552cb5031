//! The measurements with many live sockets: what an idle one costs in memory, and how fast an event reaches all of a
//! room.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::time::Instant;

use crate::{
    fleet::Fleet,
    limits,
    peer::Peer,
    process::Memory,
    report,
    server::Server,
    statistics::{growth_each, millis, number},
};

/// How long a server may take to become idle.
const SETTLING: Duration = Duration::from_secs(60);
/// The share of a core below which a server counts as idle. Thousands of sockets have heartbeats.
const IDLE_SHARE: f64 = 0.1;
/// How long opening all sockets may take, and how long an event may be on its way.
const OPENING: Duration = Duration::from_secs(300);
const ON_ITS_WAY: Duration = Duration::from_secs(30);
/// The time between an event and the next.
const BETWEEN: Duration = Duration::from_millis(500);
/// The sockets that a server has had before its memory is measured for the first time, so that its code is loaded.
const WARM_UP: usize = 50;

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) events: usize,
    /// The rooms and the sockets of the first measurement.
    pub(crate) rooms: usize,
    pub(crate) sockets: usize,
    /// The sockets of the second measurement, which are in one room.
    pub(crate) in_one_room: usize,
    /// The folder of the results, if any are written.
    pub(crate) results: Option<PathBuf>,
}

/// What one server used in one round of one measurement.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    /// KiB for each socket: its seat and its part of the room.
    pub(crate) seat: f64,
    /// KiB for each socket: the socket itself.
    pub(crate) socket: f64,
    /// What of [`Self::socket`] belongs to no file.
    pub(crate) anonymous: f64,
    /// The seconds until all sockets were ready.
    pub(crate) opened_in: f64,
    /// How often a socket got a snapshot in the place of events while the others connected.
    pub(crate) overtaken: usize,
}

/// How fast events were, in milliseconds from before the request until the arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speed {
    /// Each arrival at a socket.
    pub(crate) arrivals: Vec<f64>,
    /// The last arrival of each event.
    pub(crate) last: Vec<f64>,
    /// The milliseconds of CPU time that the server used for an event, on average.
    pub(crate) cpu: f64,
}

/// One round of one server.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) peer: &'static str,
    pub(crate) in_rooms: Cost,
    pub(crate) in_one_room: Cost,
    pub(crate) speed: Speed,
    /// The lines that the server logged.
    pub(crate) complaints: Vec<String>,
}

/// Measures all servers in turns.
pub(crate) async fn run(peers: &[Peer], plan: &Plan) -> Result<()> {
    limits::raise_open_files(plan.sockets.max(plan.in_one_room))?;
    let start = Instant::now();
    let mut samples = Vec::new();
    for round in 0..plan.rounds {
        // Each round begins with another server.
        for turn in 0..peers.len() {
            let peer = &peers[(round + turn) % peers.len()];
            let sample = measure(peer, plan).await.with_context(|| format!("{} in round {}", peer.name(), round + 1))?;
            eprintln!("{}", report::line(round, &sample));
            samples.push(sample);
        }
    }
    let text = report::sockets(plan, peers, &samples, start.elapsed())?;
    println!("{text}");
    if let Some(folder) = &plan.results {
        std::fs::write(folder.join("load.md"), text)?;
    }
    Ok(())
}

async fn measure(peer: &Peer, plan: &Plan) -> Result<Sample> {
    let server = peer.start().await?;
    let (in_rooms, _, _fleet) = fill(peer, &server, plan.rooms, plan.sockets / plan.rooms).await?;
    drop(_fleet);
    let mut complaints = server.stop().await?;

    // Each measurement begins with a new process, whose memory nothing else has touched.
    let server = peer.start().await?;
    let (in_one_room, mut stage, fleet) = fill(peer, &server, 1, plan.in_one_room).await?;
    let mut speed = Speed::default();
    let before = server.process.cpu()?;
    for event in 0..plan.events {
        let start = Instant::now();
        stage.say(event).await?;
        let arrivals: Vec<f64> = fleet.arrivals(event, ON_ITS_WAY).await?.iter().map(|at| millis(*at - start)).collect();
        speed.last.push(arrivals.iter().copied().fold(0.0, f64::max));
        speed.arrivals.extend(arrivals);
        tokio::time::sleep(BETWEEN).await;
    }
    speed.cpu = millis(server.process.cpu()? - before) / number(plan.events);
    ensure!(fleet.ended() == 0, "{} sockets ended", fleet.ended());
    drop(fleet);
    complaints.extend(server.stop().await?);
    Ok(Sample { peer: peer.name(), in_rooms, in_one_room, speed, complaints })
}

/// Fills rooms with sockets, and returns what that cost, the first room and the open sockets.
async fn fill(peer: &Peer, server: &Server, rooms: usize, seats: usize) -> Result<(Cost, crate::peer::Stage, Fleet)> {
    let (warm_up, _stage) = peer.furnish(server, 1, WARM_UP).await?;
    drop(Fleet::open(server.address, peer.dialect(), &warm_up, OPENING).await?);
    let before = memory(peer, server).await?;
    let (seats, stage) = peer.furnish(server, rooms, seats).await?;
    let seated = memory(peer, server).await?;
    let start = Instant::now();
    let fleet = Fleet::open(server.address, peer.dialect(), &seats, OPENING).await?;
    let opened_in = start.elapsed().as_secs_f64();
    let overtaken = fleet.overtaken();
    let open = memory(peer, server).await?;
    ensure!(fleet.ended() == 0, "{} sockets ended", fleet.ended());
    let cost = Cost {
        seat: growth_each(before.resident, seated.resident, seats.len()),
        socket: growth_each(seated.resident, open.resident, seats.len()),
        anonymous: growth_each(seated.anonymous, open.anonymous, seats.len()),
        opened_in,
        overtaken,
    };
    Ok((cost, stage, fleet))
}

/// The server's memory when it is idle.
async fn memory(peer: &Peer, server: &Server) -> Result<Memory> {
    server.process.idle(IDLE_SHARE, SETTLING).await?;
    peer.tidy(server).await?;
    server.process.idle(IDLE_SHARE, SETTLING).await?;
    server.process.memory()
}
