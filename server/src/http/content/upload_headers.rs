//! The headers with which responses describe an upload (tus 1.0.0).

use std::time::SystemTime;

use app::{
    room::FileEntry,
    wire::{self, BasePath},
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::tus;
use crate::{http::Services, rooms::RoomHandle};

/// The response 201 to a creation: the address of the upload, and its offset.
pub(crate) fn created(services: &Services, room: &RoomHandle, file: &FileEntry, offset: u64) -> Response {
    let location = HeaderValue::try_from(wire::paths::file(room.pin(), file.id)).expect("a path of digits");
    (StatusCode::CREATED, progress_headers(services, room, file, offset), [(header::LOCATION, location)]).into_response()
}

/// The headers of a response to received bytes: the offset, and the time until which the upload can be continued.
pub(crate) fn progress_headers(services: &Services, room: &RoomHandle, file: &FileEntry, offset: u64) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([tus::resumable(), (tus::UPLOAD_OFFSET, offset.into())]);
    if can_expire(room, file, offset) {
        headers.insert(tus::UPLOAD_EXPIRES, tus::expires(SystemTime::now(), services.config.upload_ttl));
    }
    headers
}

/// Whether an upload expires when nothing more arrives. This is so for every incomplete upload, and also for a complete
/// part until it has been joined.
pub(crate) fn can_expire(room: &RoomHandle, file: &FileEntry, offset: u64) -> bool {
    file.size_bytes != Some(offset) || room.read(|room| room.is_part(file.id))
}

/// The value of `Upload-Concat` with which the upload was created; `None` for an ordinary upload.
pub(crate) fn concat_field(base: &BasePath, room: &RoomHandle, file: &FileEntry) -> Option<HeaderValue> {
    if room.read(|room| room.is_part(file.id)) {
        return Some(HeaderValue::from_static("partial"));
    }
    let addresses: Vec<String> = file.joined_from.iter().map(|part| base.address(&wire::paths::file(room.pin(), *part))).collect();
    let text = format!("final;{}", addresses.join(" "));
    (!addresses.is_empty()).then(|| HeaderValue::try_from(text).expect("paths of digits"))
}
