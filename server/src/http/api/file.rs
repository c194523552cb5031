//! `HEAD`, `PATCH` and `DELETE` of `/api/rooms/{pin}/files/{id}`: the offset of an upload, appending to it, and
//! removing the file (tus core and termination). `GET` is in `download`.

use app::wire::ProblemCode;
use axum::{
    body::Body,
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::http::{
    Refusal, State,
    content::{
        chunk::{has_chunk, incoming_chunk},
        file_representation, tus,
        upload_headers::{can_expire, concat_field, progress_headers},
    },
    guard::{Owner, Session},
};

/// `HEAD`: for the owner's tus client, the offset from which an upload can be continued. For every other client, the
/// headers of the download.
pub(crate) async fn head(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    if !tus::is_tus_request(&parts.headers) {
        let session = Session::from_request_parts(&mut parts, &services).await?;
        return file_representation::respond(&services, &session, &session.file(&id)?, &parts).await;
    }
    let Owner(session) = Owner::from_request_parts(&mut parts, &services).await?;
    tus::check_version(&parts.headers)?;
    let file = session.upload(&id)?;
    let offset = services.uploads.offset(&session.room, &file).await?;
    let mut headers = HeaderMap::from_iter([
        tus::resumable(),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (tus::UPLOAD_OFFSET, offset.into()),
        (tus::UPLOAD_METADATA, tus::metadata_field(&file)),
    ]);
    match file.size_bytes {
        Some(size_bytes) => headers.insert(tus::UPLOAD_LENGTH, size_bytes.into()),
        None => headers.insert(tus::UPLOAD_DEFER_LENGTH, HeaderValue::from_static("1")),
    };
    if let Some(concat) = concat_field(&services.config.base_path, &session.room, &file) {
        headers.insert(tus::UPLOAD_CONCAT, concat);
    }
    if can_expire(&session.room, &file, offset) {
        headers.insert(tus::UPLOAD_EXPIRES, tus::expires(services.files.touched_at(file.id)?, services.config.upload_ttl));
    }
    Ok((StatusCode::OK, headers).into_response())
}

/// `PATCH`: appends a chunk to the file.
pub(crate) async fn append(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    if !has_chunk(&headers) {
        return Err(Refusal::new(ProblemCode::UnsupportedMediaType, format!("A chunk has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE)));
    }
    let chunk = incoming_chunk(tus::offset(&headers)?, &headers, body)?;
    let file = session.upload(&id)?;
    let size_bytes = tus::number(&headers, &tus::UPLOAD_LENGTH)?;
    let (file, offset) = services.uploads.append(&session.room, session.member, file, size_bytes, chunk).await?;
    Ok((StatusCode::NO_CONTENT, progress_headers(&services, &session.room, &file, offset)).into_response())
}

/// `DELETE`: removes the file from the room for everybody, and its bytes from the disk.
pub(crate) async fn remove(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if tus::is_tus_request(&headers) {
        tus::check_version(&headers)?;
    }
    services.uploads.erase(&session.room, session.upload(&id)?.id).await?;
    Ok((StatusCode::NO_CONTENT, [tus::resumable()]).into_response())
}
