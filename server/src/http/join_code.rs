//! `/join/{pin}/qr.svg`: the way into a room for a camera.

use app::{room::Pin, wire};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use qrcode::{EcLevel, QrCode, render::svg};

use super::{PathText, Refusal, Services, State};

pub(crate) async fn qr(services: State, PathText(pin): PathText, headers: HeaderMap) -> Result<Response, Refusal> {
    // Drawn for any PIN, whether there is such a room or not: it tells nothing.
    let pin: Pin = pin.parse().map_err(|_| app::wire::Problem::no_such_room())?;
    let address = format!("{}{}", origin(&services, &headers), wire::join_page(&pin));
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|_| app::wire::Problem::no_such_room())?;
    let drawing = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
        (header::VARY, HeaderValue::from_static("host")),
    ];
    Ok((headers, drawing).into_response())
}

/// Where others reach this server: the way this request came, but for whoever opened it as
/// "localhost", where only this machine finds it, the address in the local network.
pub(super) fn origin(services: &Services, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text("host");
    let (name, _) = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).unwrap_or((host, ""));
    if matches!(name, "" | "localhost" | "127.0.0.1" | "[::1]")
        && let Some((address, port)) = services.lan_origin
    {
        return format!("http://{}", std::net::SocketAddr::new(address, port));
    }
    // It only decides what the sender of the header gets to see, so any sender may say it.
    let scheme = if text("x-forwarded-proto") == "https" { "https" } else { "http" };
    format!("{scheme}://{host}")
}
