//! The first moments: what to say when the server runs, and why it does not.

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, SocketAddr},
    path::Path,
};

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

use crate::{
    ServeError,
    durability::Sync,
    journal::{Journal, Recovered},
};

/// Opens the journal; a folder that cannot be written is named as such.
pub(crate) fn open_journal(
    path: &Path,
    sync: Sync,
    unusable: impl Fn(io::Error) -> ServeError,
) -> Result<(Journal, Vec<Recovered>), ServeError> {
    // The database's own error for a folder without the right to write names neither.
    std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(unusable)?;
    Ok(Journal::open(path, sync)?)
}

/// The address at which the local network finds a server that listens on `bound`.
#[must_use]
pub fn lan_address(bound: SocketAddr) -> Option<IpAddr> {
    lan_addresses(bound).into_iter().next()
}

fn lan_addresses(bound: SocketAddr) -> Vec<IpAddr> {
    if bound.ip().is_loopback() {
        return Vec::new();
    }
    if !bound.ip().is_unspecified() {
        return vec![bound.ip()];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(|interface| interface.ip())
        .filter(|address| address.is_ipv4() || bound.is_ipv6())
        .collect();
    // Phones and people read IPv4 addresses more easily.
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses
}

/// Prints the addresses to open and, on a terminal, the code that a phone's camera opens.
///
/// # Errors
/// What standard output says.
pub fn announce(bound: SocketAddr) -> io::Result<()> {
    let lan = lan_addresses(bound);
    let mut out = io::stdout().lock();
    if bound.ip().is_unspecified() {
        writeln!(out, "SnapDrop listens on http://localhost:{}", bound.port())?;
    } else {
        writeln!(out, "SnapDrop listens on http://{bound}")?;
    }
    for address in lan.iter().filter(|address| **address != bound.ip()) {
        writeln!(out, "  in your network: http://{}", SocketAddr::new(*address, bound.port()))?;
    }
    if let (true, Some(address)) = (out.is_terminal(), lan.first()) {
        let link = format!("http://{}", SocketAddr::new(*address, bound.port()));
        if let Ok(code) = QrCode::with_error_correction_level(link, EcLevel::L) {
            writeln!(out, "\n{}", code.render::<Dense1x2>().quiet_zone(true).build())?;
        }
    }
    out.flush()
}
