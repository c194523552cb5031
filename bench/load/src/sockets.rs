//! The measurements with many live sockets: what an idle one costs in memory, and how fast an event reaches all of a
//! room.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::time::Instant;

use crate::{
    fleet::Fleet,
    limits,
    peer::{Peer, Size, Stage},
    process::Memory,
    quiet::Others,
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
const WARM_UP: Size = Size { rooms: 1, members: 50, sockets: 1 };

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) events: usize,
    /// How long, over the whole run, is waited for other programs to be idle.
    pub(crate) patience: Duration,
    /// The first measurement: many small rooms.
    pub(crate) many: Size,
    /// The second measurement, and that of the events: one large room.
    pub(crate) one: Size,
    /// The folder of the results, if any are written.
    pub(crate) results: Option<PathBuf>,
}

/// What one server used in one round of one measurement.
#[derive(Clone, Debug)]
pub(crate) struct Cost {
    /// KiB for each seat and its part of the room.
    pub(crate) seat: f64,
    /// KiB for each socket: the socket itself.
    pub(crate) socket: f64,
    /// What of [`Self::socket`] belongs to no file.
    pub(crate) anonymous: f64,
    /// The seconds until all sockets were ready.
    pub(crate) opened_in: f64,
    /// How often a socket got a snapshot in the place of events while the others connected.
    pub(crate) overtaken: usize,
    /// MiB of resident memory before, with the seats, and with the sockets.
    pub(crate) resident: [f64; 3],
}

/// How fast events were, in milliseconds from before the request until the arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speed {
    /// Each arrival at a socket.
    pub(crate) arrivals: Vec<f64>,
    /// The last arrival of each event.
    pub(crate) last: Vec<f64>,
    /// The milliseconds of CPU time that the server used until the last arrival of each event.
    pub(crate) cpu: Vec<f64>,
    /// The cores that other programs used meanwhile.
    pub(crate) others: f64,
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

/// A server whose large room is full of sockets.
struct Crowd<'a> {
    peer: &'a Peer,
    server: Server,
    in_rooms: Cost,
    in_one_room: Cost,
    stage: Stage,
    fleet: Fleet,
    speed: Speed,
    complaints: Vec<String>,
}

/// Measures all servers in turns.
pub(crate) async fn run(peers: &[Peer], plan: &Plan) -> Result<()> {
    limits::raise_open_files(plan.many.all_sockets().max(plan.one.all_sockets() * peers.len()))?;
    let start = Instant::now();
    let (mut samples, mut patience) = (Vec::new(), plan.patience);
    for round in 0..plan.rounds {
        // Each round begins with another server.
        let turns: Vec<&Peer> = (0..peers.len()).map(|turn| &peers[(round + turn) % peers.len()]).collect();
        let failed = |peer: &Peer| format!("{} in round {}", peer.name(), round + 1);
        let mut in_rooms = Vec::new();
        for &peer in &turns {
            in_rooms.push(fill_rooms(peer, plan).await.with_context(|| failed(peer))?);
        }
        // Now each keeps its sockets until the events are timed.
        let mut crowds = Vec::new();
        for (&peer, in_rooms) in turns.iter().zip(in_rooms) {
            crowds.push(gather(peer, plan, in_rooms).await.with_context(|| failed(peer))?);
        }
        for crowd in &crowds {
            crowd.server.process.idle(IDLE_SHARE, SETTLING).await?;
        }
        Others::wait(crowds.iter().map(|crowd| crowd.server.process).collect(), &mut patience).await?;
        time_events(&mut crowds, plan.events).await?;
        for crowd in crowds {
            let sample = crowd.disband().await?;
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

/// Measures a server's memory with many rooms, in a new process. Returns the server's complaints, too.
async fn fill_rooms(peer: &Peer, plan: &Plan) -> Result<(Cost, Vec<String>)> {
    let server = peer.start().await?;
    let cost = fill(peer, &server, plan.many).await.map(|(cost, ..)| cost);
    server.stop_after(cost).await
}

/// Measures a server's memory with one large room, in a new process whose memory nothing else has touched.
async fn gather<'a>(peer: &'a Peer, plan: &Plan, (in_rooms, complaints): (Cost, Vec<String>)) -> Result<Crowd<'a>> {
    let server = peer.start().await?;
    let filled = fill(peer, &server, plan.one).await;
    let (in_one_room, stage, fleet) = filled.with_context(|| format!("the server logged {:?}", server.complaints()))?;
    Ok(Crowd { peer, server, in_rooms, in_one_room, stage, fleet, speed: Speed::default(), complaints })
}

/// Times events, some time apart, from before the owner's request until each socket has them. The servers take turns from
/// event to event, so that whatever else runs on the machine disturbs all of them alike.
async fn time_events(crowds: &mut [Crowd<'_>], events: usize) -> Result<()> {
    let others = Others::begin(crowds.iter().map(|crowd| crowd.server.process).collect())?;
    for event in 0..events {
        for crowd in &mut *crowds {
            crowd.time_event(event).await.with_context(|| format!("{}: {:?}", crowd.peer.name(), crowd.server.complaints()))?;
            tokio::time::sleep(BETWEEN).await;
        }
    }
    let others = others.cores()?;
    crowds.iter_mut().for_each(|crowd| crowd.speed.others = others);
    Ok(())
}

impl Crowd<'_> {
    async fn time_event(&mut self, event: usize) -> Result<()> {
        let mut connection = self.stage.connect().await?;
        let (before, start) = (self.server.process.cpu()?, Instant::now());
        self.stage.say(&mut connection, event).await?;
        let arrivals: Vec<f64> = self.fleet.arrivals(event, ON_ITS_WAY).await?.iter().map(|at| millis(*at - start)).collect();
        self.speed.cpu.push(millis(self.server.process.cpu()? - before));
        self.speed.last.push(arrivals.iter().copied().fold(0.0, f64::max));
        self.speed.arrivals.extend(arrivals);
        Ok(())
    }

    async fn disband(mut self) -> Result<Sample> {
        ensure!(self.fleet.ended() == 0, "{} sockets of {} ended", self.fleet.ended(), self.peer.name());
        drop(self.fleet);
        self.complaints.extend(self.server.stop().await?);
        let (peer, complaints) = (self.peer.name(), self.complaints);
        Ok(Sample { peer, in_rooms: self.in_rooms, in_one_room: self.in_one_room, speed: self.speed, complaints })
    }
}

/// Fills rooms with sockets, and returns what that cost, the first room and the open sockets.
async fn fill(peer: &Peer, server: &Server, size: Size) -> Result<(Cost, Stage, Fleet)> {
    let (warm_up, _) = peer.furnish(server, WARM_UP).await?;
    drop(Fleet::open(server.address, peer.dialect(), &warm_up, OPENING).await?);
    let before = memory(peer, server).await?;
    let (seats, stage) = peer.furnish(server, size).await?;
    let seated = memory(peer, server).await?;
    let start = Instant::now();
    let fleet = Fleet::open(server.address, peer.dialect(), &seats, OPENING).await?;
    let opened_in = start.elapsed().as_secs_f64();
    let overtaken = fleet.overtaken();
    let open = memory(peer, server).await?;
    ensure!(fleet.ended() == 0, "{} sockets ended", fleet.ended());
    let cost = Cost {
        seat: growth_each(before.resident, seated.resident, size.rooms * size.members),
        socket: growth_each(seated.resident, open.resident, seats.len()),
        anonymous: growth_each(seated.anonymous, open.anonymous, seats.len()),
        opened_in,
        overtaken,
        resident: [before, seated, open].map(|memory| number(memory.resident) / 1024.0),
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
