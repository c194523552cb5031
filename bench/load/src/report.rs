//! The results as markdown.

use std::{fmt::Write as _, fs, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    machine,
    peer::Peer,
    sockets::{Plan, Sample},
    statistics::{median, percentile},
};

/// A figure of one round: its name, whose unit is in it, and how it is taken from a sample.
type Figure = (&'static str, fn(&Sample) -> f64);

/// The figures in the order of the table.
const FIGURES: [Figure; 12] = [
    ("many rooms: KiB for each socket", |sample| sample.in_rooms.socket),
    ("many rooms: of it anonymous, KiB", |sample| sample.in_rooms.anonymous),
    ("many rooms: KiB for each seat and its part of the room", |sample| sample.in_rooms.seat),
    ("many rooms: all sockets open after, s", |sample| sample.in_rooms.opened_in),
    ("one room: KiB for each socket", |sample| sample.in_one_room.socket),
    ("one room: KiB for each seat", |sample| sample.in_one_room.seat),
    ("one room: all sockets open after, s", |sample| sample.in_one_room.opened_in),
    ("an event at a socket: p50, ms", |sample| percentile(&sample.speed.arrivals, 50)),
    ("an event at a socket: p99, ms", |sample| percentile(&sample.speed.arrivals, 99)),
    ("an event at its last socket: p50, ms", |sample| percentile(&sample.speed.last, 50)),
    ("an event at its last socket: p99, ms", |sample| percentile(&sample.speed.last, 99)),
    ("CPU time of the server for an event, ms", |sample| sample.speed.cpu),
];

/// One line about a sample, for whoever waits.
pub(crate) fn line(round: usize, sample: &Sample) -> String {
    let mut text = format!("round {}, {}:", round + 1, sample.peer);
    for (name, figure) in FIGURES {
        text.push_str(&format!("\n  {name}: {:.1}", figure(sample)));
    }
    text.push_str(&format!("\n  sockets that got a snapshot for being late: {}", sample.in_one_room.overtaken));
    for complaint in sample.complaints.iter().take(5) {
        text.push_str(&format!("\n  logged: {complaint}"));
    }
    text
}

/// The results of `load sockets`.
pub(crate) fn sockets(plan: &Plan, peers: &[Peer], samples: &[Sample], elapsed: Duration) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "# {} live sockets\n", plan.sockets)?;
    Ok(out)
}
