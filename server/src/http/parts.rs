//! Parts that become a file (tus extension "concatenation").

use std::sync::Arc;

use app::{
    room::{FileEntry, FileId, FileState, Room, RoomEvent},
    wire::ProblemCode,
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::{Refusal, Services, file, files, reception, tus};
use crate::{
    fields::PartUrl,
    rooms::{RecordError, RoomHandle},
};

/// `POST` with `Upload-Concat: final;…`: the parts become one complete file, and are gone.
pub(super) async fn join(
    services: &Arc<Services>,
    room: &RoomHandle,
    id: FileId,
    headers: &HeaderMap,
    parts: &[PartUrl],
) -> Result<Response, Refusal> {
    if headers.contains_key(tus::UPLOAD_LENGTH) || headers.contains_key(tus::UPLOAD_DEFER_LENGTH) {
        return Err(tus::malformed(&tus::UPLOAD_LENGTH, "does not go with a final upload: its length is that of its parts"));
    }
    if parts.iter().any(|part| part.pin != *room.pin()) {
        return Err(Refusal::no_such_file());
    }
    let ids: Vec<FileId> = parts.iter().map(|part| part.id).collect();
    let size_bytes = room.read(|room| check(room, &ids))?;
    if size_bytes > services.config.max_file_size.as_u64() {
        return Err(reception::too_large(services));
    }
    let entry = FileEntry { joined_from: ids, ..files::new_entry(id, tus::metadata(headers)?)? };
    let (services, room) = (Arc::clone(services), room.clone());
    // In a task of its own, so that it comes to its end even if the client does not wait for it.
    let joining = tokio::spawn(async move {
        let file = make(&services, &room, entry).await?;
        let headers = (file::progress_headers(&services, &room, &file, file.offset_bytes), files::location(&room, file.id));
        Ok((StatusCode::CREATED, headers.0, headers.1).into_response())
    });
    joining.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn make(services: &Arc<Services>, room: &RoomHandle, entry: FileEntry) -> Result<FileEntry, Refusal> {
    let (id, ids) = (entry.id, entry.joined_from.clone());
    let joined = services.files.join(id, &ids).await?;
    let file = FileEntry {
        size_bytes: Some(joined.size_bytes),
        offset_bytes: joined.size_bytes,
        state: FileState::Complete,
        crc32: Some(joined.crc32),
        ..entry
    };
    // Somebody may have removed a part meanwhile, or joined it elsewhere.
    let recorded = room.record(|room| check(room, &ids).map(|_| RoomEvent::PartsJoined { file: file.clone() })).await;
    if let Err(error) = recorded {
        services.files.remove(id).await?;
        return Err(RecordError::into(error));
    }
    for part in ids {
        services.files.remove(part).await?;
    }
    services.completion.digest(room, id);
    Ok(file)
}

/// Whether these are complete parts of this room, and how long they are together.
fn check(room: &Room, ids: &[FileId]) -> Result<u64, Refusal> {
    let mut size_bytes = 0u64;
    for id in ids {
        let part = room.upload(*id).ok_or_else(Refusal::no_such_file)?;
        if !room.is_part(*id) {
            return Err(tus::malformed(&tus::UPLOAD_CONCAT, "names an upload that was not created as a part"));
        }
        if part.state != FileState::Complete {
            return Err(Refusal::new(ProblemCode::PartUnfinished, "A part is not complete yet. Send the rest of it first."));
        }
        size_bytes = size_bytes.saturating_add(part.offset_bytes);
    }
    Ok(size_bytes)
}
