//! `/api/rooms/{pin}/files`: what the server supports of tus, and new uploads (tus extensions "creation" and
//! "concatenation").

use app::{
    room::{FileEntry, FileId},
    wire::ProblemCode,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    fields::{Concat, PartUrl},
    files::Checksum,
    http::{
        Refusal, Services, State,
        content::{announcement::announcement, chunk::first_chunk, tus, upload_headers::created},
        guard::{Owner, Session},
    },
    uploads::{Announcement, announced_as, new_file_id},
};

/// `OPTIONS`: the tus version, extensions, largest file and checksum algorithms that this server supports.
pub(crate) async fn discover(services: State, _owner: Owner) -> Response {
    let headers = [
        tus::resumable(),
        (HeaderName::from_static("tus-version"), HeaderValue::from_static(tus::VERSION)),
        (HeaderName::from_static("tus-extension"), HeaderValue::from_static(tus::EXTENSIONS)),
        (HeaderName::from_static("tus-max-size"), services.config.max_file_size.as_u64().into()),
        (HeaderName::from_static("tus-checksum-algorithm"), HeaderValue::from_static(Checksum::ALGORITHMS)),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// `POST`: adds a new file to the room. Its bytes follow in later requests, unless the first of them are in the body.
pub(crate) async fn create(services: State, Owner(session): Owner, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    let key = tus::idempotency_key(&headers)?;
    let id = new_file_id(session.member, key);
    let known = key.and_then(|_| session.room.read(|room| announced_as(room, id).cloned()));
    let concat = tus::concat(&headers)?;
    if let Some(Concat::Final(parts)) = concat {
        return match known {
            Some(known) => created_before(&services, &session, &known, None).await,
            None => join(&services, &session, id, &headers, &parts).await,
        };
    }
    let size_bytes = tus::declared_length(&headers)?;
    services.uploads.check_size(size_bytes)?;
    if let Some(known) = known {
        return created_before(&services, &session, &known, size_bytes).await;
    }
    let announcement = Announcement { size_bytes, is_part: concat.is_some(), ..announcement(id, tus::metadata(&headers)?)? };
    let content = first_chunk(&headers, body, &services.config.timeouts).await?;
    let (file, offset) = services.uploads.create(&session.room, session.member, announcement, content).await?;
    Ok(created(&services, &session.room, &file, offset))
}

/// Answers a creation that its sender repeats, with the same `Idempotency-Key`, because the first answer was lost. The
/// body of the repeated request is ignored: `Upload-Offset` in the answer says how many bytes have arrived.
async fn created_before(services: &Services, session: &Session, file: &FileEntry, size_bytes: Option<u64>) -> Result<Response, Refusal> {
    if size_bytes.is_some() && size_bytes != file.size_bytes {
        return Err(Refusal::new(ProblemCode::OutOfRange, "This Idempotency-Key belongs to a file of another length."));
    }
    let offset = services.uploads.offset(&session.room, file).await?;
    Ok(created(services, &session.room, file, offset))
}

/// `POST` with `Upload-Concat: final;…`: joins the parts into one complete file and removes them.
async fn join(services: &Services, session: &Session, id: FileId, headers: &HeaderMap, parts: &[PartUrl]) -> Result<Response, Refusal> {
    if headers.contains_key(tus::UPLOAD_LENGTH) || headers.contains_key(tus::UPLOAD_DEFER_LENGTH) {
        return Err(tus::malformed(&tus::UPLOAD_LENGTH, "does not go with a final upload: its length is that of its parts"));
    }
    if parts.iter().any(|part| part.pin != *session.room.pin()) {
        return Err(Refusal::no_such_file());
    }
    let joined_from: Vec<FileId> = parts.iter().map(|part| part.id).collect();
    services.uploads.check_parts(&session.room, &joined_from)?;
    let announcement = Announcement { joined_from, ..announcement(id, tus::metadata(headers)?)? };
    let file = services.uploads.join(&session.room, announcement).await?;
    Ok(created(services, &session.room, &file, file.offset_bytes))
}
