//! The executable: reads the configuration, binds the address, and runs the server.

use std::{
    io::{IsTerminal as _, Write as _},
    path::Path,
    process::ExitCode,
};

use server::{
    Listener, Server, addresses,
    config::{AcmeSettings, Config, ConfigError, ListenAddress, TlsMode},
    open_files, tls,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Buffers of chunks and answers are allocated and freed thousands of times a second; the system's allocator would
/// fetch their pages from the kernel again each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // With transparent huge pages, one used byte could make two megabytes resident, and memory use is meant to stay
    // flat. The error is ignored: a kernel without such pages has nothing to disable.
    rustix::thread::disable_transparent_huge_pages(true).unwrap_or(());
    // What this program creates, only its own user may read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let config = match Config::from_args(std::env::args_os()) {
        Ok(config) => config,
        Err(ConfigError::Help(text)) => {
            #[expect(clippy::let_underscore_must_use, reason = "when standard output is closed, nobody can read the text")]
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(ConfigError::Invalid(line)) => return fail(&line, 2),
    };
    let filter = EnvFilter::try_from_env("SNAPDROP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // At its finest level, this library logs every message whole: rooms, with their names and addresses.
    let filter = filter.add_directive("tungstenite=info".parse().expect("the directive is well-formed"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).init();
    open_files::raise_limit();
    let done = match config.tls.mode() {
        Ok(Some(TlsMode::Acme(settings))) if config.tls.acme_revoke => revoke(settings, &config.data_dir),
        _ => run(config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), 1),
    }
}

#[tokio::main]
async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let listener = bind(&config.listen).await?;
    let plain_listener = match config.tls.plain_listen(&config.listen) {
        Some(address) => Some(bind(&ListenAddress::Network(address)).await?),
        None => None,
    };
    let (listen, base) = (config.listen.clone(), config.base_path.clone());
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

    let plain_address = plain_listener.as_ref().map(Listener::network_address).transpose()?.flatten();
    match listener.network_address()? {
        Some(address) => addresses::print_addresses(address, plain_address, server.tls(), &base)?,
        None => addresses::print_socket_file(&listen)?,
    }
    Ok(server.run(listener, plain_listener, stop).await?)
}

/// Revokes the certificate of a public authority, which a leaked key makes necessary.
#[tokio::main]
async fn revoke(settings: AcmeSettings, data_dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let names = settings.domains.join(", ");
    tls::revoke(settings, data_dir).await?;
    writeln!(std::io::stdout(), "The certificate for {names} is revoked. The next start orders another one, with a new key.")?;
    Ok(())
}

async fn bind(address: &ListenAddress) -> Result<Listener, String> {
    Listener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))
}

fn fail(line: &str, code: u8) -> ExitCode {
    #[expect(clippy::let_underscore_must_use, reason = "when standard error is closed, there is nowhere to report it")]
    let _ = writeln!(std::io::stderr(), "snapdrop: {line}");
    ExitCode::from(code)
}
