//! `/join/{pin}/qr.svg`: the QR code with which a phone's camera opens the page to join a room.

use std::net::IpAddr;

use app::{room::Pin, wire};
use axum::{
    Extension,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use qrcode::{EcLevel, QrCode, render::svg};

use crate::{
    fields::Scheme,
    http::{
        Refusal, Services, State,
        guard::{Client, PathText},
    },
};

/// `GET`: the QR code as an SVG image. A text that cannot be a PIN is refused.
pub(crate) async fn qr(
    services: State,
    client: Client,
    PathText(pin): PathText,
    Extension(scheme): Extension<Scheme>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // The code is drawn for every PIN, so it does not reveal whether there is such a room.
    let pin: Pin = pin.parse().map_err(|_| app::wire::Problem::no_such_room())?;
    let origin = Reach::of(&services, client.address, scheme, &headers).origin;
    let address = origin + &services.config.base_path.address(&wire::paths::join_page(&pin));
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|_| app::wire::Problem::no_such_room())?;
    let drawing = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
        (header::VARY, HeaderValue::from_static("host")),
    ];
    Ok((headers, drawing).into_response())
}

/// Where others reach this server.
pub(crate) struct Reach {
    /// The origin (scheme, host and port) at which other devices reach this server, as far as there is one. It is the one that the
    /// configuration names, or otherwise the origin of this request, except when a client on this machine asks for a loopback address, which leads every machine to
    /// itself: then it is the server's address in the local network.
    pub(crate) origin: String,
    /// The host and port of this request, if they are a loopback address.
    pub(crate) loopback: Option<String>,
}

impl Reach {
    /// Where others reach this server, as far as a request of `client` with these headers tells.
    pub(crate) fn of(services: &Services, client: IpAddr, scheme: Scheme, headers: &HeaderMap) -> Self {
        if let Some(origin) = &services.config.public_url {
            return Self { origin: origin.clone(), loopback: None };
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text("host");
        let loopback = is_loopback(host).then(|| host.to_owned());
        if (loopback.is_some() || host.is_empty())
            && client.is_loopback()
            && let Some(origin) = services.lan_origin()
        {
            return Self { origin, loopback };
        }
        Self { origin: format!("{}://{host}", scheme.as_str()), loopback }
    }
}

/// Whether a `Host` header field names an address that leads every machine to itself: "localhost" and the names below it
/// (RFC 6761), or a loopback address.
fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    if let Ok(address) = address.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn a_loopback_address_is_known_in_each_of_its_forms() {
        for host in [
            "localhost",
            "localhost:3000",
            "LOCALHOST:80",
            "localhost.",
            "drop.localhost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "127.8.0.1:3000",
            "[::1]",
            "[::1]:3000",
            "[::ffff:127.0.0.1]:3000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "192.168.1.20:3000", "drop.example", "localhost.example", "notlocalhost", "[fe80::1]:3000", "127.0.0.1.example:3000"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
