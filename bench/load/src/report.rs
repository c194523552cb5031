//! The results as markdown.

use std::{fmt::Write as _, time::Duration};

use anyhow::Result;

use crate::{
    machine,
    peer::Peer,
    sockets::{Plan, Sample},
    statistics::{mean, median, percentile},
};

/// A figure of one round: its name, whose unit is in it, and how it is taken from a sample.
type Figure = (&'static str, fn(&Sample) -> f64);

/// The figures in the order of the table.
const FIGURES: [Figure; 14] = [
    ("many rooms: KiB for each socket", |sample| sample.in_rooms.socket),
    ("many rooms: of it anonymous, KiB", |sample| sample.in_rooms.anonymous),
    ("many rooms: KiB for each seat and its part of the room", |sample| sample.in_rooms.seat),
    ("many rooms: all sockets open after, s", |sample| sample.in_rooms.opened_in),
    ("one room: KiB for each socket", |sample| sample.in_one_room.socket),
    ("one room: KiB for each seat", |sample| sample.in_one_room.seat),
    ("one room: all sockets open after, s", |sample| sample.in_one_room.opened_in),
    ("an event at a socket: p50, ms", |sample| percentile(&sample.speed.arrivals, 50)),
    ("an event at a socket: p99, ms", |sample| percentile(&sample.speed.arrivals, 99)),
    ("an event at a socket: longest, ms", |sample| percentile(&sample.speed.arrivals, 100)),
    ("an event at its last socket: p50, ms", |sample| percentile(&sample.speed.last, 50)),
    ("an event at its last socket: p99, ms", |sample| percentile(&sample.speed.last, 99)),
    ("CPU time of the server for an event, ms", |sample| mean(&sample.speed.cpu)),
    ("cores that other programs used meanwhile", |sample| sample.speed.others),
];

/// One line about a sample, for whoever waits.
pub(crate) fn line(round: usize, sample: &Sample) -> String {
    let mut text = format!("round {}, {}:", round + 1, sample.peer);
    for (name, figure) in FIGURES {
        text.push_str(&format!("\n  {name}: {:.1}", figure(sample)));
    }
    text.push_str(&format!("\n  resident MiB: {:.1?}, {:.1?}", sample.in_rooms.resident, sample.in_one_room.resident));
    text.push_str(&format!("\n  sockets that got a snapshot for being late: {}", sample.in_one_room.overtaken));
    for complaint in sample.complaints.iter().take(5) {
        text.push_str(&format!("\n  logged: {complaint}"));
    }
    text
}

/// The results of `load sockets`.
pub(crate) fn sockets(plan: &Plan, peers: &[Peer], samples: &[Sample], elapsed: Duration) -> Result<String> {
    let mut out = String::new();
    let (many, one) = (plan.many, plan.one);
    writeln!(out, "# Live sockets\n")?;
    writeln!(
        out,
        "`bench/load/run sockets` opened {} sockets in {} rooms, each with a seat of its own, and then, in a new process,",
        many.all_sockets(),
        many.rooms
    )?;
    writeln!(
        out,
        "{} sockets in one room ({} for each of {} members). There, the owner added {} texts,",
        one.all_sockets(),
        one.sockets,
        one.members,
        plan.events
    )?;
    writeln!(
        out,
        "half a second apart; the time runs from before the request until the text was read from the socket. Medians of {} rounds,",
        plan.rounds
    )?;
    writeln!(out, "with the same client on one thread. The servers took turns from measurement to measurement, and from text to text.\n")?;
    write!(out, "| figure |")?;
    peers.iter().try_for_each(|peer| write!(out, " {} |", peer.name()))?;
    let beside = peers.iter().find(|peer| matches!(peer, Peer::SocketIo { .. }));
    writeln!(out, "{}", if beside.is_some() { " socket.io : SnapDrop |" } else { "" })?;
    writeln!(out, "| --- |{}", " --- |".repeat(peers.len() + usize::from(beside.is_some())))?;
    for (name, figure) in FIGURES {
        let of = |peer: &Peer| samples.iter().filter(|sample| sample.peer == peer.name()).map(figure).collect::<Vec<_>>();
        write!(out, "| {name} |")?;
        for peer in peers {
            let each: Vec<_> = of(peer).iter().map(|value| format!("{value:.1}")).collect();
            write!(out, " **{:.1}** ({}) |", median(&of(peer)), each.join(", "))?;
        }
        if let Some(beside) = beside {
            let (own, other) = (median(&of(&peers[0])), median(&of(beside)));
            let ratio = if own.abs() < 0.05 || other.abs() < 0.05 || name.starts_with("cores") {
                "–".to_owned()
            } else {
                format!("{:.2}", other / own)
            };
            write!(out, " {ratio} |")?;
        }
        writeln!(out)?;
    }
    out.push_str(NOTES);
    out.push_str(if beside.is_some() { BESIDE } else { "- socket.io was left out, because npm could not install it.\n" });
    let lines: usize = samples.iter().map(|sample| sample.complaints.len()).sum();
    let late: usize = samples.iter().map(|sample| sample.in_rooms.overtaken + sample.in_one_room.overtaken).sum();
    writeln!(out, "- lines that the servers logged as warnings or errors: {lines}")?;
    writeln!(
        out,
        "- snapshots in the place of events, for sockets that were more than 128 messages behind while others connected: {late}\n"
    )?;
    machine::facts().iter().try_for_each(|fact| writeln!(out, "- {fact}"))?;
    for peer in peers {
        writeln!(out, "- {}: {}", peer.name(), peer.version())?;
    }
    writeln!(out, "- the measurement took {:.0} s", elapsed.as_secs_f64())?;
    Ok(out)
}

/// How the figures are meant.
const NOTES: &str = "
- In brackets: each round. Memory is the growth of the resident set (`smaps_rollup`) once the server is idle and no socket
  has anything to do. What the kernel keeps for a connection is not in it.
- The client shares the cores with the servers, whose sockets get heartbeats meanwhile. So do other programs, as the last row
  says: where it is not near 0, the times are those of a busy machine, and only their ratios and the CPU time count.
- The bare server writes each text to one socket after the other, and does nothing else. What it needs is the operating
  system's time for so many writes, so no server that writes to each socket takes less CPU time.
";

/// How the comparison is meant.
const BESIDE: &str = "- The last column is socket.io's median in units of SnapDrop's: above 1, SnapDrop needs less.
- An idle socket of SnapDrop has a seat, which is proved by a token, listed in the room and kept on the disk, and each room
  has a state that a newcomer gets. Each event is in the journal before it is sent. socket.io has nothing of this: a socket
  names a string, and a text goes to those who named it. Its row for the seats is therefore noise.
- In one room, SnapDrop sends each newcomer the list of the members, and all others that somebody came; socket.io does not.
- socket.io uses `ws` with `bufferutil`, WebSocket only, no compression, the adapter in memory and no reference to the first
  request, as its documentation advises; its garbage was collected before its memory was measured.
";
