//! `GET /api/rooms/{pin}/archive.zip`: everything that is complete, in one file.

use std::sync::Arc;

use app::room::FileState;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{Refusal, Session, State, download};
use crate::files::{Archive, ArchivedFile};

pub(crate) async fn get(services: State, session: Session) -> Result<Response, Refusal> {
    let files: Vec<ArchivedFile> = session.room.read(|room| {
        let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
        complete
            .filter_map(|file| {
                Some(ArchivedFile { id: file.id, parts: file.name.parts(), size_bytes: file.size_bytes, crc32: file.crc32? })
            })
            .collect()
    });
    let archive = Archive::new(&files);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_LENGTH, archive.size_bytes.into()),
        (header::CONTENT_DISPOSITION, download::attachment(&format!("SnapDrop {}.zip", session.room.pin()))),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(download::in_use(session.room.clone(), archive.read(Arc::clone(&services.files))))).into_response())
}
