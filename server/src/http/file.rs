//! `/api/rooms/{pin}/files/{id}` for the owner: offset, append, remove (tus core and termination).

use std::{sync::Arc, time::SystemTime};

use app::{
    room::{FileEntry, FileId, FileState, RoomEvent},
    wire::{self, ProblemCode},
};
use axum::{
    body::Body,
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Owner, Refusal, Services, State, download,
    reception::{self, Announced},
    tus,
};
use crate::{files::AppendError, rooms::RoomHandle};

/// `HEAD`: how much has arrived, for a tus client that wants to continue; for everybody else the
/// headers of the download.
pub(crate) async fn head(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    if !tus::is_spoken(&parts.headers) {
        return download::respond(&services, &mut parts, &id).await;
    }
    let Owner(session) = Owner::from_request_parts(&mut parts, &services).await?;
    tus::check_version(&parts.headers)?;
    let file = find_upload(&session.room, &id)?;
    let offset = offset(&services, &session.room, &file).await?;
    let mut headers = HeaderMap::from_iter([
        tus::resumable(),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (tus::UPLOAD_OFFSET, offset.into()),
        (tus::UPLOAD_METADATA, tus::told_metadata(&file)),
    ]);
    match file.size_bytes {
        Some(size_bytes) => headers.insert(tus::UPLOAD_LENGTH, size_bytes.into()),
        None => headers.insert(tus::UPLOAD_DEFER_LENGTH, HeaderValue::from_static("1")),
    };
    if let Some(concat) = concat_field(&session.room, &file) {
        headers.insert(tus::UPLOAD_CONCAT, concat);
    }
    if can_expire(&session.room, &file, offset) {
        headers.insert(tus::UPLOAD_EXPIRES, tus::expires(services.files.touched_at(file.id)?, services.config.upload_ttl));
    }
    Ok((StatusCode::OK, headers).into_response())
}

/// How much of a file is here, for somebody who wants to send the rest.
pub(super) async fn offset(services: &Services, room: &RoomHandle, file: &FileEntry) -> Result<u64, Refusal> {
    if file.state == FileState::Complete {
        return Ok(file.offset_bytes);
    }
    let offset = services.files.offset(file.id).await?;
    if file.size_bytes == Some(offset) {
        // The last byte came with a request that broke off or was refused; whoever asks will not send another.
        services.completion.complete(room, file.id).await?;
    }
    Ok(offset)
}

/// `PATCH`: a chunk.
pub(crate) async fn append(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != tus::CHUNK_MEDIA_TYPE) {
        return Err(Refusal::new(ProblemCode::UnsupportedMediaType, format!("A chunk has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE)));
    }
    let chunk = Announced::new(tus::offset(&headers)?, &headers, body)?;
    let mut file = find_upload(&session.room, &id)?;
    if !file.joined_from.is_empty() {
        return Err(Refusal::new(ProblemCode::FinalUpload, "This file was joined from parts and takes no bytes itself."));
    }
    if let Some(size_bytes) = tus::number(&headers, &tus::UPLOAD_LENGTH)? {
        chunk.check(size_bytes)?;
        declare(&services, &session.room, &mut file, size_bytes).await?;
    }
    let offset = reception::receive(&services, &session, &file, chunk).await?;
    Ok((StatusCode::NO_CONTENT, progress_headers(&services, &session.room, &file, offset)).into_response())
}

/// `DELETE`: the row vanishes everywhere, the bytes from disk.
pub(crate) async fn remove(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if tus::is_spoken(&headers) {
        tus::check_version(&headers)?;
    }
    erase(&services, &session.room, find_upload(&session.room, &id)?.id).await?;
    Ok((StatusCode::NO_CONTENT, [tus::resumable()]).into_response())
}

/// Takes a file out of the list, and its bytes from the disk.
pub(super) async fn erase(services: &Services, room: &RoomHandle, id: FileId) -> Result<(), Refusal> {
    room.record(|room| room.upload(id).map(|_| RoomEvent::FileRemoved { id }).ok_or_else(Refusal::no_such_file)).await?;
    Ok(services.files.remove(id).await?)
}

/// The headers of an answer to bytes: how far the file is, and until when it can go on.
pub(super) fn progress_headers(services: &Services, room: &RoomHandle, file: &FileEntry, offset: u64) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([tus::resumable(), (tus::UPLOAD_OFFSET, offset.into())]);
    if can_expire(room, file, offset) {
        headers.insert(tus::UPLOAD_EXPIRES, tus::expires(SystemTime::now(), services.config.upload_ttl));
    }
    headers
}

/// Whether an upload is given up when nothing follows. A part is as long as it is one.
fn can_expire(room: &RoomHandle, file: &FileEntry, offset: u64) -> bool {
    file.size_bytes != Some(offset) || room.read(|room| room.is_part(file.id))
}

/// The row of the file in the path.
pub(super) fn find(room: &RoomHandle, id: &str) -> Result<FileEntry, Refusal> {
    let id: FileId = id.parse().map_err(|_| Refusal::no_such_file())?;
    room.read(|room| room.file(id).cloned()).ok_or_else(Refusal::no_such_file)
}

/// The row of the file or the part in the path.
fn find_upload(room: &RoomHandle, id: &str) -> Result<FileEntry, Refusal> {
    let id: FileId = id.parse().map_err(|_| Refusal::no_such_file())?;
    room.read(|room| room.upload(id).cloned()).ok_or_else(Refusal::no_such_file)
}

/// Writes down the length of a file whose sender did not know it before (extension
/// "creation-defer-length"). Told again it must be the same.
pub(super) async fn declare(services: &Arc<Services>, room: &RoomHandle, file: &mut FileEntry, size_bytes: u64) -> Result<(), Refusal> {
    match file.size_bytes {
        Some(known) if known == size_bytes => return Ok(()),
        Some(known) => return Err(tus::malformed(&tus::UPLOAD_LENGTH, &format!("was {known} before and cannot change"))),
        None => {}
    }
    if size_bytes > services.config.max_file_size.as_u64() {
        return Err(reception::too_large(services));
    }
    if size_bytes < services.files.length(file.id)? {
        return Err(AppendError::TooLong.into());
    }
    services.files.claim(file.id, size_bytes)?;
    let (id, max_room_size) = (file.id, services.config.max_room_size.as_u64());
    let declared = room.record(|room| match room.upload(id) {
        None => Err(Refusal::no_such_file()),
        Some(entry) => {
            let others = room.size_bytes().saturating_sub(entry.size_bytes.unwrap_or(entry.offset_bytes));
            if others.saturating_add(size_bytes) > max_room_size {
                return Err(Refusal::room_full(max_room_size.saturating_sub(others)));
            }
            Ok(RoomEvent::FileSized { id, size_bytes })
        }
    });
    if let Err(error) = declared.await {
        services.files.disclaim(id)?;
        return Err(error.into());
    }
    file.size_bytes = Some(size_bytes);
    Ok(())
}

/// What `Upload-Concat` said when the upload was created.
fn concat_field(room: &RoomHandle, file: &FileEntry) -> Option<HeaderValue> {
    if room.read(|room| room.is_part(file.id)) {
        return Some(HeaderValue::from_static("partial"));
    }
    let addresses: Vec<String> = file.joined_from.iter().map(|part| wire::file(room.pin(), *part)).collect();
    let text = format!("final;{}", addresses.join(" "));
    (!addresses.is_empty()).then(|| HeaderValue::try_from(text).expect("paths of digits"))
}
