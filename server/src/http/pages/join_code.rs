//! `/join/{pin}/qr.svg`: the QR code with which a phone's camera opens the page to join a room.

use std::net::IpAddr;

use app::{room::Pin, wire};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use qrcode::{EcLevel, QrCode, render::svg};

use crate::http::{
    Refusal, Services, State,
    guard::{Client, PathText},
};

/// `GET`: the QR code as an SVG image. A text that cannot be a PIN is refused.
pub(crate) async fn qr(services: State, client: Client, PathText(pin): PathText, headers: HeaderMap) -> Result<Response, Refusal> {
    // The code is drawn for every PIN, so it does not reveal whether there is such a room.
    let pin: Pin = pin.parse().map_err(|_| app::wire::Problem::no_such_room())?;
    let address = format!("{}{}", origin(&services, client.address, &headers), wire::join_page(&pin));
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|_| app::wire::Problem::no_such_room())?;
    let drawing = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
        (header::VARY, HeaderValue::from_static("host")),
    ];
    Ok((headers, drawing).into_response())
}

/// The origin (scheme, host and port) at which other devices reach this server. It is the origin of this request,
/// except when a client on this machine asks for "localhost" or a loopback address, which only this machine can open: then
/// it is the server's address in the local network, if there is one.
pub(crate) fn origin(services: &Services, client: IpAddr, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text("host");
    let (name, _) = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).unwrap_or((host, ""));
    if client.is_loopback()
        && matches!(name, "" | "localhost" | "127.0.0.1" | "[::1]")
        && let Some((address, port)) = services.lan_origin
    {
        return format!("http://{}", std::net::SocketAddr::new(address, port));
    }
    // The header is trusted, whoever sends it, because it only changes the address that its sender gets to see.
    let scheme = if text("x-forwarded-proto") == "https" { "https" } else { "http" };
    format!("{scheme}://{host}")
}
