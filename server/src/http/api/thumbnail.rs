//! `/api/rooms/{pin}/files/{id}/thumbnail`: the small picture in a file's row, which the owner's browser makes.

use app::wire::ProblemCode;
use axum::{
    body::Bytes,
    extract::{Path, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    files::{InvalidThumbnail, Thumbnail},
    http::{
        Refusal, State,
        guard::{Owner, Session},
    },
};

/// `PUT`: stores the thumbnail of a file. The file may still be arriving.
pub(crate) async fn put(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let id = session.file(&id)?.id;
    let picture = Thumbnail::parse(body?)?;
    services.uploads.add_thumbnail(&session.room, id, picture).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET`: the thumbnail. The headers keep browsers from treating its bytes as anything but a picture.
pub(crate) async fn get(services: State, session: Session, Path((_, id)): Path<(String, String)>) -> Result<Response, Refusal> {
    let file = session.file(&id)?;
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
