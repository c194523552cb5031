//! `/api/rooms/{pin}/files`: what uploads are spoken here, and new ones (tus creation).

use std::sync::Arc;

use app::{
    room::{FileEntry, FileId, FileName, FileState, MemberId, Room, RoomEvent},
    wire::{self, ProblemCode},
};
use axum::{
    body::{Body, HttpBody as _},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use super::{
    Owner, Refusal, Services, Session, State, file, parts,
    reception::{self, Announced, Whole},
    tus,
};
use crate::{
    fields::{Concat, Metadata},
    files::Checksum,
    rooms::{RecordError, RoomHandle},
};

/// What a tus client calls a file that it has no name for.
const UNNAMED: &str = "unnamed file";

/// `OPTIONS`: exactly what works.
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

/// `POST`: a new row in the list, whose bytes follow, if they do not come along.
pub(crate) async fn create(services: State, Owner(session): Owner, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    let room = session.room.clone();
    let key = tus::idempotency_key(&headers)?;
    let id = key.map_or_else(random_id, |key| id_of_key(session.member, key));
    let known = key.and_then(|_| room.read(|room| room.upload(id).cloned()));
    let concat = tus::concat(&headers)?;
    if let Some(Concat::Final(parts)) = concat {
        return match known {
            Some(known) => created_before(&services, &room, &known, None).await,
            None => parts::join(&services, &room, id, &headers, &parts).await,
        };
    }
    let size_bytes = tus::declared_length(&headers)?;
    if size_bytes.is_some_and(|size_bytes| size_bytes > services.config.max_file_size.as_u64()) {
        return Err(reception::too_large(&services));
    }
    if let Some(known) = known {
        return created_before(&services, &room, &known, size_bytes).await;
    }
    let file = FileEntry { size_bytes, ..new_entry(id, tus::metadata(&headers)?)? };
    let mut chunk = first_chunk(&headers, body)?;
    if concat.is_none()
        && let Some(small) = chunk.take_if(|chunk| chunk.is_small_whole(size_bytes))
    {
        match small.read_at_once().await? {
            Whole::Here(bytes) => return add_small(&services, &room, file, bytes).await,
            Whole::Later(rest) => chunk = Some(rest),
        }
    }
    if let Some(chunk) = &chunk {
        chunk.check(size_bytes.unwrap_or(services.config.max_file_size.as_u64()))?;
    }
    let services = Arc::clone(&services);
    // In a task of its own: a sender who leaves must not leave half of a file behind.
    let adding = tokio::spawn(async move {
        add(&services, &room, &file, concat.is_some()).await?;
        let offset = begin(&services, &session, &file, chunk).await?;
        Ok((StatusCode::CREATED, file::progress_headers(&services, &room, &file, offset), location(&room, id)).into_response())
    });
    adding.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// What happens to a file whose row is new, and how many bytes it has afterwards.
async fn begin(services: &Arc<Services>, session: &Session, file: &FileEntry, chunk: Option<Announced>) -> Result<u64, Refusal> {
    let Some(chunk) = chunk else {
        if file.size_bytes == Some(0) {
            services.completion.complete(&session.room, file.id).await?;
        } else {
            let departure = session.room.departure(session.member).unwrap_or_default();
            reception::watch_for_silence(services, &session.room, departure, file.id, 0);
        }
        return Ok(0);
    };
    match reception::receive(services, session, file, chunk).await {
        Err(refusal) if matches!(refusal.0.code, ProblemCode::BodyTooLong | ProblemCode::ChecksumMismatch) => {
            // Its sender does not learn where it is and will begin anew.
            take_back(services, &session.room, file.id).await?;
            Err(refusal)
        }
        outcome => outcome,
    }
}

/// The id of a file whose creation has no key.
pub(super) fn random_id() -> FileId {
    FileId::new(rand::rng().random())
}

/// The id of a file whose creation has a key: the same each time, also after a restart, and no other member's.
fn id_of_key(member: MemberId, key: &str) -> FileId {
    let digest = Sha256::new().chain_update(member.to_string()).chain_update(key).finalize();
    FileId::new(digest.iter().take(16).fold(0, |id, byte| id << 8 | u128::from(*byte)))
}

/// Answers a creation that was sent again because its first answer was lost. Bytes that came along are not
/// looked at: the answer says how many are here.
async fn created_before(services: &Services, room: &RoomHandle, file: &FileEntry, size_bytes: Option<u64>) -> Result<Response, Refusal> {
    if size_bytes.is_some() && size_bytes != file.size_bytes {
        return Err(Refusal::new(ProblemCode::OutOfRange, "This Idempotency-Key belongs to a file of another length."));
    }
    let offset = file::offset(services, room, file).await?;
    Ok((StatusCode::CREATED, file::progress_headers(services, room, file, offset), location(room, file.id)).into_response())
}

/// Where the new upload is.
pub(super) fn location(room: &RoomHandle, id: FileId) -> [(HeaderName, HeaderValue); 1] {
    [(header::LOCATION, HeaderValue::try_from(wire::file(room.pin(), id)).expect("a path of digits"))]
}

/// A row for a file of which this is known.
pub(super) fn new_entry(id: FileId, metadata: Metadata) -> Result<FileEntry, Refusal> {
    let name = FileName::parse(metadata.filename.as_deref().unwrap_or(UNNAMED))
        .map_err(|error| Refusal::new(ProblemCode::InvalidFileName, format!("This file name cannot be used: {error}.")))?;
    Ok(FileEntry {
        id,
        name,
        media_type: metadata.filetype.filter(|text| is_media_type(text)).unwrap_or_default(),
        size_bytes: None,
        offset_bytes: 0,
        state: FileState::Arriving,
        crc32: None,
        sha256: None,
        added_at_ms: crate::clock::unix_ms(),
        modified_at_ms: metadata.modified_at_ms,
        joined_from: Vec::new(),
        received_by: Vec::new(),
        has_thumbnail: false,
    })
}

/// The body, if there is one (extension "creation-with-upload").
fn first_chunk(headers: &HeaderMap, body: Body) -> Result<Option<Announced>, Refusal> {
    if headers.get(header::CONTENT_TYPE).is_some_and(|value| value == tus::CHUNK_MEDIA_TYPE) {
        return Announced::new(0, headers, body).map(Some);
    }
    if body.is_end_stream() {
        return Ok(None);
    }
    let detail = format!("A body has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE);
    Err(Refusal::new(ProblemCode::UnsupportedMediaType, detail))
}

/// A small file that is all there with its announcement.
async fn add_small(services: &Arc<Services>, room: &RoomHandle, file: FileEntry, bytes: Bytes) -> Result<Response, Refusal> {
    let brief_work = &services.brief_work;
    let (services, room) = (Arc::clone(services), room.clone());
    let work = move || {
        let id = file.id;
        let written = services.files.create_whole(id, &bytes)?;
        let max_room_size = services.config.max_room_size.as_u64();
        let added = room.record_blocking(|room| {
            check_room(room, written.size_bytes, max_room_size)?;
            Ok::<_, Refusal>(vec![RoomEvent::FileAdded { file: file.clone() }, RoomEvent::FileCompleted { id, crc32: written.crc32 }])
        });
        if let Err(error) = added {
            services.files.discard(id)?;
            return Err(RecordError::into(error));
        }
        services.completion.digest(&room, id);
        let headers = file::progress_headers(&services, &room, &file, written.size_bytes);
        Ok((StatusCode::CREATED, headers, location(&room, id)).into_response())
    };
    brief_work.run(work).await
}

/// A new row, and the place for its bytes.
pub(super) async fn add(services: &Arc<Services>, room: &RoomHandle, file: &FileEntry, part: bool) -> Result<(), Refusal> {
    services.files.create(file.id, file.size_bytes.unwrap_or(0)).await?;
    announce(services, room, file, part).await
}

/// Puts the row of a file into the list whose bytes have their place; takes that back when there is no room
/// for the row.
async fn announce(services: &Services, room: &RoomHandle, file: &FileEntry, part: bool) -> Result<(), Refusal> {
    let size_bytes = file.size_bytes.unwrap_or(0);
    let max_room_size = services.config.max_room_size.as_u64();
    let added = room
        .record(|room| {
            check_room(room, size_bytes, max_room_size)?;
            let file = file.clone();
            Ok::<_, Refusal>(if part { RoomEvent::PartAdded { file } } else { RoomEvent::FileAdded { file } })
        })
        .await;
    if let Err(error) = added {
        services.files.remove(file.id).await?;
        return Err(RecordError::into(error));
    }
    Ok(())
}

/// Whether a room may have `more_bytes`.
fn check_room(room: &Room, more_bytes: u64, max_room_size: u64) -> Result<(), Refusal> {
    let had = room.size_bytes();
    if had.saturating_add(more_bytes) > max_room_size { Err(Refusal::room_full(max_room_size.saturating_sub(had))) } else { Ok(()) }
}

async fn take_back(services: &Arc<Services>, room: &RoomHandle, id: FileId) -> Result<(), Refusal> {
    let removed = room.record(|room| room.upload(id).map(|_| RoomEvent::FileRemoved { id }).ok_or_else(Refusal::no_such_file)).await;
    services.files.remove(id).await?;
    removed.map_err(RecordError::into)
}

/// Whether the text is a media type that can stand in a header.
fn is_media_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+;=/ ".contains(&byte);
    text.len() <= 127 && text.bytes().all(plain) && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
}
