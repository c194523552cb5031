//! Puts SnapDrop under load, and measures what that costs; see the README of the benchmark.

mod bare;
mod dialect;
mod fleet;
mod http;
mod limits;
mod machine;
mod peer;
mod process;
mod quiet;
mod report;
mod server;
mod soak;
mod soak_report;
mod sockets;
mod state;
mod statistics;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    peer::{Peer, Size},
    sockets::Plan,
};

/// Puts SnapDrop under load, on loopback only.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
    /// The program to measure.
    #[arg(long, env = "SNAPDROP_BIN", global = true, default_value = "target/release/snapdrop")]
    snapdrop: PathBuf,
    /// Small numbers, to see in moments that everything works. No results are written.
    #[arg(long, global = true)]
    smoke: bool,
    /// The folder of the results.
    #[arg(long, env = "LOAD_RESULTS", global = true, default_value = "bench/results")]
    results: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Thousands of live sockets: the memory of each, and how fast an event reaches all of a room.
    Sockets(SocketOptions),
    /// Many short rooms, one after the other: whether the server returns to where it began.
    Soak(SoakOptions),
    /// Is the bare server that `sockets` measures beside the others.
    Bare,
}

#[derive(Debug, Args)]
struct SocketOptions {
    /// How often each server is measured. Each time begins with another one.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// How many seconds, over the whole run, are waited for other programs to be idle before times are taken.
    #[arg(long, default_value_t = 120)]
    patience: u64,
    /// The script of the server with socket.io.
    #[arg(long, env = "LOAD_SOCKETIO_SCRIPT", default_value = "bench/load/socketio/server.mjs")]
    socketio_script: PathBuf,
    /// The folder in which npm installed socket.io. Without it, only SnapDrop is measured.
    #[arg(long, env = "LOAD_SOCKETIO_PACKAGES")]
    socketio_packages: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SoakOptions {
    /// How many rooms are made after the warm-up.
    #[arg(long, default_value_t = 100_000)]
    rooms: usize,
    /// No room is begun after so many minutes; those that were made are judged.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

fn main() -> ExitCode {
    let Options { command, snapdrop, smoke, results } = Options::parse();
    let results = (!smoke).then_some(results);
    let outcome = match command {
        Command::Sockets(command) => {
            let mut peers = vec![Peer::SnapDrop(snapdrop)];
            peers.extend(command.socketio_packages.map(|packages| Peer::SocketIo { script: command.socketio_script, packages }));
            peers.push(Peer::Bare);
            let size = |rooms, members, sockets| Size { rooms, members, sockets };
            let patience = Duration::from_secs(command.patience);
            let full = Plan { rounds: command.rounds, events: 20, patience, many: size(1000, 10, 1), one: size(1, 1000, 5), results };
            let small = Plan { rounds: 1, events: 3, patience: Duration::ZERO, many: size(20, 10, 1), one: size(1, 20, 5), results: None };
            run(sockets::run(&peers, if smoke { &small } else { &full }))
        }
        Command::Soak(command) => {
            let within = Duration::from_secs(command.minutes * 60);
            // Threads that wait for work end after ten seconds. Smoke runs do not wait for that.
            let (warm_up, rooms, rest) = if smoke { (100, 500, 1) } else { (1000, command.rooms, 12) };
            run(soak::run(&soak::Plan { program: snapdrop, warm_up, rooms, within, rest: Duration::from_secs(rest), results }))
        }
        Command::Bare => bare::serve(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a measurement on one thread, so that the client never uses more than one core. When it is interrupted, the servers
/// that it started are ended on the way out.
#[tokio::main(flavor = "current_thread")]
async fn run(measurement: impl Future<Output = Result<()>>) -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        outcome = Box::pin(measurement) => outcome,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("terminated"),
    }
}
