//! The body of a request, read as a chunk of a file.

use app::wire::ProblemCode;
use axum::{
    body::{Body, BodyDataStream, HttpBody as _},
    http::{HeaderMap, header},
};

use super::tus;
use crate::{http::Refusal, uploads::IncomingChunk};

/// The body as the chunk that begins at `offset` (in bytes). Nothing of it is read yet.
///
/// # Errors
/// [`ProblemCode::MalformedRequest`] when `Upload-Checksum` cannot be read.
pub(crate) fn incoming_chunk(offset: u64, headers: &HeaderMap, body: Body) -> Result<IncomingChunk<BodyDataStream>, Refusal> {
    let (checksum, length_bytes) = (tus::checksum(headers)?, body.size_hint().exact());
    Ok(IncomingChunk { offset, checksum, length_bytes, came: Vec::new(), frames: body.into_data_stream() })
}

/// The body of a creation request as the first chunk, or `None` if the body is empty (tus extension
/// "creation-with-upload").
///
/// # Errors
/// [`ProblemCode::UnsupportedMediaType`] when there is a body that is not a chunk, otherwise those of
/// [`incoming_chunk`].
pub(crate) fn first_chunk(headers: &HeaderMap, body: Body) -> Result<Option<IncomingChunk<BodyDataStream>>, Refusal> {
    if has_chunk(headers) {
        return incoming_chunk(0, headers, body).map(Some);
    }
    if body.is_end_stream() {
        return Ok(None);
    }
    Err(Refusal::new(ProblemCode::UnsupportedMediaType, format!("A body has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE)))
}

/// Whether `Content-Type` says that the body of the request is a chunk.
pub(crate) fn has_chunk(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == tus::CHUNK_MEDIA_TYPE)
}
