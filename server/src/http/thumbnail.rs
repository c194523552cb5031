//! `/api/rooms/{pin}/files/{id}/thumbnail`: the small picture in a file's row, made by its owner's browser.

use app::{room::RoomEvent, wire::ProblemCode};
use axum::{
    body::Bytes,
    extract::{Path, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Owner, Refusal, Session, State, file};
use crate::files::{InvalidThumbnail, Thumbnail};

/// `PUT`: the picture of a file, also while the file is still arriving.
pub(crate) async fn put(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let id = file::find(&session.room, &id)?.id;
    let picture = Thumbnail::parse(body?)?;
    // A picture that is not recorded goes with its file, or with the next start.
    services.files.keep_thumbnail(id, picture).await?;
    let recorded = session.room.record_all(|room| match room.file(id) {
        None => Err(Refusal::no_such_file()),
        Some(file) if file.has_thumbnail => Ok(Vec::new()),
        Some(_) => Ok(vec![RoomEvent::ThumbnailAdded { id }]),
    });
    recorded.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET`: the picture, as a picture and nothing else.
pub(crate) async fn get(services: State, session: Session, Path((_, id)): Path<(String, String)>) -> Result<Response, Refusal> {
    let file = file::find(&session.room, &id)?;
    if !file.has_thumbnail {
        return Err(Refusal::new(ProblemCode::NotFound, "There is no small picture of this file."));
    }
    let picture = services.files.thumbnail(file.id).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(picture.media_type())),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable")),
    ];
    Ok((headers, picture.into_bytes()).into_response())
}

impl From<InvalidThumbnail> for Refusal {
    fn from(invalid: InvalidThumbnail) -> Self {
        let code = match invalid {
            InvalidThumbnail::TooLarge => ProblemCode::RequestTooLarge,
            InvalidThumbnail::NoPicture => ProblemCode::UnsupportedMediaType,
        };
        Self::new(code, format!("This picture is not taken: {invalid}."))
    }
}
