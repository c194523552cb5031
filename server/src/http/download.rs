//! `GET /api/rooms/{pin}/files/{id}`: the bytes, also of a file that is still arriving.

use std::sync::Arc;

use app::room::{FileEntry, FileState, Sha256};
use axum::{
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Refusal, Services, Session, State, file,
    representation::{Representation, Source},
};
use crate::fields;

/// `GET`: the file, or the parts of it that were asked for.
pub(crate) async fn get(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    respond(&services, &mut parts, &id).await
}

/// The answer to `GET` and, without the bytes, to `HEAD`.
pub(super) async fn respond(services: &Arc<Services>, parts: &mut Parts, id: &str) -> Result<Response, Refusal> {
    let session = Session::from_request_parts(parts, services).await?;
    let file = file::find(&session.room, id)?;
    let mut headers = HeaderMap::new();
    if let Some(sha256) = digest(services, &file, &parts.headers).await? {
        headers.insert(HeaderName::from_static("repr-digest"), repr_digest(&sha256));
    }
    let representation = Representation {
        // An id is never used for other bytes, so it is a strong validator, for a running upload too.
        etag: format!("\"{}\"", file.id).parse().expect("quoted hexadecimal digits"),
        length: file.size_bytes,
        media_type: media_type(&file),
        name: file.name.base(),
        headers,
        source: Source::File(file.id),
    };
    representation.respond(services, &session, parts).await
}

/// The file's SHA-256, if it is known; who wants it waits for it (RFC 9530), if there is anything to
/// wait for.
async fn digest(services: &Services, file: &FileEntry, request: &HeaderMap) -> Result<Option<Sha256>, Refusal> {
    let wanted = || request.get("want-repr-digest").and_then(|value| value.to_str().ok()).is_some_and(fields::wants_sha256);
    match file.sha256 {
        None if file.state == FileState::Complete && wanted() => Ok(services.files.sha256(file.id).await?),
        known => Ok(known),
    }
}

fn repr_digest(sha256: &Sha256) -> HeaderValue {
    HeaderValue::try_from(format!("sha-256=:{}:", STANDARD.encode(sha256.as_bytes()))).expect("base64 is visible ASCII")
}

fn media_type(file: &FileEntry) -> HeaderValue {
    let guessed = || mime_guess::from_path(file.name.base()).first_or_octet_stream().essence_str().to_owned();
    let text = if file.media_type.is_empty() { guessed() } else { file.media_type.clone() };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}
