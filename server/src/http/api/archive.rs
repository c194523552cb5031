//! `GET /api/rooms/{pin}/archive.zip`: all complete files of the room in one zip archive.

use app::room::FileState;
use axum::{
    extract::{FromRequestParts as _, Request},
    http::{HeaderMap, HeaderValue},
    response::Response,
};

use crate::{
    files::{Archive, ArchivedFile},
    http::{
        Refusal, State,
        content::representation::{Purpose, Representation, Source},
        guard::Session,
    },
    tasks::blocking,
};

/// `GET`: the archive, or the ranges of it that the request asks for. Refused for anyone who is not a member.
pub(crate) async fn get(services: State, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    let files: Vec<ArchivedFile> = session.room.read(|room| {
        let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
        complete
            .filter_map(|file| {
                Some(ArchivedFile { id: file.id, path: file.name.segments(), size_bytes: file.size_bytes?, crc32: file.crc32? })
            })
            .collect()
    });
    // Thousands of names take a while, in which other requests need this thread.
    let (archive, fingerprint) = blocking(move || {
        let archive = Archive::new(&files);
        let fingerprint = archive.fingerprint();
        (archive, fingerprint)
    })
    .await;
    let representation = Representation {
        etag: format!("\"{fingerprint}\"").parse().expect("quoted hexadecimal digits"),
        length: Some(archive.size_bytes),
        media_type: HeaderValue::from_static("application/zip"),
        name: format!("SnapDrop {}.zip", session.room.pin()),
        headers: HeaderMap::new(),
        purpose: Purpose::Download,
        source: Source::Archive(archive),
    };
    representation.respond(&services, &session, &parts).await
}
