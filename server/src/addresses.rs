//! The addresses at which people reach the server.

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, SocketAddr},
};

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

/// The first address at which the local network reaches a server that listens on `bound`; `None` on a loopback address.
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
    // IPv4 addresses come first, because they are easier to read and type.
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses
}

/// Prints the addresses of the server and, on a terminal, a QR code that opens the first of them on a phone.
///
/// # Errors
/// The error of standard output.
pub fn print_addresses(bound: SocketAddr) -> io::Result<()> {
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
