//! Puts SnapDrop under load, and measures what that costs; see the README of the benchmark.

mod dialect;
mod fleet;
mod http;
mod limits;
mod machine;
mod peer;
mod process;
mod report;
mod server;
mod sockets;
mod statistics;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::peer::Peer;

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
}

#[derive(Debug, Args)]
struct SocketOptions {
    /// How often each server is measured. Each time begins with another one.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// The script of the server with socket.io.
    #[arg(long, env = "LOAD_SOCKETIO_SCRIPT", default_value = "bench/load/socketio/server.mjs")]
    socketio_script: PathBuf,
    /// The folder in which npm installed socket.io. Without it, only SnapDrop is measured.
    #[arg(long, env = "LOAD_SOCKETIO_PACKAGES")]
    socketio_packages: Option<PathBuf>,
}

fn main() -> ExitCode {
    match start(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command on one thread, so that the client never uses more than one core. When it is interrupted, the servers
/// that it started are ended on the way out.
#[tokio::main(flavor = "current_thread")]
async fn start(options: Options) -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        outcome = carry_out(options) => outcome,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("terminated"),
    }
}

async fn carry_out(options: Options) -> Result<()> {
    let results = (!options.smoke).then_some(options.results);
    match options.command {
        Command::Sockets(command) => {
            let mut peers = vec![Peer::SnapDrop(options.snapdrop)];
            peers.extend(command.socketio_packages.map(|packages| Peer::SocketIo { script: command.socketio_script, packages }));
            let full = sockets::Plan { rounds: command.rounds, events: 20, rooms: 1000, sockets: 10_000, in_one_room: 5000, results };
            let small = sockets::Plan { rounds: 1, events: 3, rooms: 20, sockets: 200, in_one_room: 100, results: None };
            Box::pin(sockets::run(&peers, if options.smoke { &small } else { &full })).await
        }
    }
}
