//! `/api/rooms/{pin}/files`: what uploads are spoken here, and new ones (tus creation).

use app::{
    room::{FileEntry, FileId, FileName, FileState, RoomEvent},
    wire::{self, ProblemCode},
};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rand::RngExt as _;

use super::{Owner, Refusal, Services, State, file, tus};
use crate::rooms::RecordError;

/// What a tus client calls a file that it has no name for.
const UNNAMED: &str = "unnamed file";

/// `OPTIONS`: exactly what works.
pub(crate) async fn discover(services: State, _owner: Owner) -> Response {
    let headers = [
        tus::resumable(),
        (HeaderName::from_static("tus-version"), HeaderValue::from_static(tus::VERSION)),
        (HeaderName::from_static("tus-extension"), HeaderValue::from_static(tus::EXTENSIONS)),
        (HeaderName::from_static("tus-max-size"), services.config.max_file_size.as_u64().into()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// `POST`: a new row in the list, whose bytes follow.
pub(crate) async fn create(services: State, Owner(session): Owner, headers: HeaderMap) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    let file = new_entry(&services, &headers)?;
    let (id, size_bytes) = (file.id, file.size_bytes);

    services.files.create(id).await?;
    let max_room_size = services.config.max_room_size.as_u64();
    let added = session
        .room
        .record(|room| {
            if room.size_bytes().saturating_add(size_bytes) > max_room_size {
                return Err(room_full(max_room_size.saturating_sub(room.size_bytes())));
            }
            Ok(RoomEvent::FileAdded { file })
        })
        .await;
    if let Err(error) = added {
        services.files.remove(id).await?;
        return Err(RecordError::into(error));
    }
    if size_bytes == 0 {
        file::complete(&services, &session.room, id).await?;
    } else {
        file::watch_for_silence(&services, &session.room, id, 0);
    }
    let location = HeaderValue::try_from(wire::file(session.room.pin(), id)).expect("a path of digits");
    Ok((StatusCode::CREATED, [tus::resumable(), (header::LOCATION, location)]).into_response())
}

fn new_entry(services: &Services, headers: &HeaderMap) -> Result<FileEntry, Refusal> {
    let size_bytes = tus::number(headers, "upload-length")?;
    if size_bytes > services.config.max_file_size.as_u64() {
        let detail = format!("The file is larger than the {} that this server takes.", services.config.max_file_size);
        return Err(Refusal::new(ProblemCode::FileTooLarge, detail));
    }
    let metadata = tus::Metadata::of(headers)?;
    let name = FileName::parse(metadata.filename.as_deref().unwrap_or(UNNAMED))
        .map_err(|error| Refusal::new(ProblemCode::InvalidFileName, format!("This file name cannot be used: {error}.")))?;
    Ok(FileEntry {
        id: FileId::new(rand::rng().random()),
        name,
        media_type: metadata.filetype.filter(|text| is_media_type(text)).unwrap_or_default(),
        size_bytes,
        offset_bytes: 0,
        state: FileState::Arriving,
        crc32: None,
        added_at_ms: crate::clock::unix_ms(),
    })
}

fn room_full(left_bytes: u64) -> Refusal {
    let left = app::format::size(left_bytes);
    Refusal::new(ProblemCode::RoomFull, format!("The file does not fit into this room: {left} are left. Remove something first."))
}

/// Whether the text is a media type that can stand in a header.
fn is_media_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+;=/ ".contains(&byte);
    text.len() <= 127 && text.bytes().all(plain) && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
}
