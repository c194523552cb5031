//! `GET /api/rooms/{pin}/archive.zip`: all complete files of the room in one zip archive.

use axum::{
    extract::{FromRequestParts as _, Request},
    http::{HeaderMap, HeaderValue},
    response::Response,
};

use crate::http::{
    Refusal, State,
    content::representation::{Purpose, Representation, Source},
    guard::Session,
};

/// `GET`: the archive, or the ranges of it that the request asks for. Refused for anyone who is not a member.
pub(crate) async fn get(services: State, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    let running = services.archives.begin(session.member)?;
    let layout = services.archive_layouts.of(&session.room).await;
    let representation = Representation {
        etag: format!("\"{}\"", layout.fingerprint).parse().expect("quoted hexadecimal digits"),
        length: Some(layout.archive.size_bytes),
        changed_at: None,
        media_type: HeaderValue::from_static("application/zip"),
        name: format!("SnapDrop {}.zip", session.room.pin()),
        headers: HeaderMap::new(),
        purpose: Purpose::Download,
        source: Source::Archive(layout),
    };
    Ok(running.until_sent(representation.respond(&services, &session, &parts).await?))
}
