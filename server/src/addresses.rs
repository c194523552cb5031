//! The addresses at which people reach the server.

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, SocketAddr},
};

use app::wire::BasePath;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

use crate::{config::ListenAddress, tls::Tls};

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

/// Prints where a server listens that is reached through a socket file.
///
/// # Errors
/// The error of standard output.
pub fn print_socket_file(listen: &ListenAddress) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "SnapDrop listens on {listen}")?;
    out.flush()
}

/// Prints the addresses of the server, which listens on `bound` and over plain HTTP on `plain`; for a server with an authority of
/// its own also where devices learn to trust it. `base` is the path below which it is reached. On a terminal, a QR code follows that opens
/// the first of them on a phone.
///
/// # Errors
/// The error of standard output.
pub fn print_addresses(bound: SocketAddr, plain: Option<SocketAddr>, tls: Option<&Tls>, base: &BasePath) -> io::Result<()> {
    // Without a base path, an address ends with the port.
    let path = if base.is_empty() { String::new() } else { base.address("/") };
    let lan = lan_addresses(bound);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut out = io::stdout().lock();
    if bound.ip().is_unspecified() {
        writeln!(out, "SnapDrop listens on {scheme}://localhost:{}{path}", bound.port())?;
    } else {
        writeln!(out, "SnapDrop listens on {scheme}://{bound}{path}")?;
    }
    for address in lan.iter().filter(|address| **address != bound.ip()) {
        writeln!(out, "  in your network: {scheme}://{}{path}", SocketAddr::new(*address, bound.port()))?;
    }
    if let Some(plain) = plain {
        writeln!(out, "  without TLS, only to lead there: http://{plain}")?;
    }
    let origin = SocketAddr::new(lan.first().copied().unwrap_or(bound.ip()), bound.port());
    let mut link = format!("{scheme}://{origin}{path}");
    if let Some(authority) = tls.and_then(Tls::authority) {
        // The page is reached without TLS, because no device trusts the server yet.
        link = format!("http://{origin}{base}/ca");
        writeln!(out, "  once on each device, to trust this server: {link}")?;
        writeln!(out, "  SHA-256 of its certificate, to compare there: {}", authority.fingerprint())?;
    }
    if out.is_terminal()
        && !lan.is_empty()
        && let Ok(code) = QrCode::with_error_correction_level(link, EcLevel::L)
    {
        writeln!(out, "\n{}", code.render::<Dense1x2>().quiet_zone(true).build())?;
    }
    out.flush()
}
