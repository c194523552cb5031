//! Reads the command line, binds and runs.

use std::{io::Write as _, process::ExitCode};

use server::{
    Server,
    config::{Config, Refusal},
    startup,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Buffers of chunks and answers are made and dropped thousands of times a second; the system's allocator
/// would get their pages anew from the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // One byte used would make two megabytes resident, and memory is to stay flat. A kernel that has no
    // such pages has nothing to refuse.
    rustix::thread::disable_transparent_huge_pages(true).unwrap_or(());
    let config = match Config::from_args(std::env::args_os()) {
        Ok(config) => config,
        Err(Refusal::Asked(text)) => {
            drop(std::io::stdout().write_all(text.as_bytes()));
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Wrong(line)) => return fail(&line, 2),
    };
    let filter = EnvFilter::try_from_env("SNAPDROP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), 1),
    }
}

#[tokio::main]
async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let server = Server::open(config).await?;

    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let on_signal = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        on_signal.cancel();
    });

    startup::announce(listener.local_addr()?)?;
    Ok(server.run(listener, stop).await?)
}

fn fail(line: &str, code: u8) -> ExitCode {
    // Nobody is left to tell when standard error is gone.
    drop(writeln!(std::io::stderr(), "snapdrop: {line}"));
    ExitCode::from(code)
}
