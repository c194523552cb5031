//! The body of a request, read as a chunk of a file.

use app::wire::ProblemCode;
use axum::{
    body::{Body, BodyDataStream, HttpBody as _},
    http::{HeaderMap, header},
};

use futures::{StreamExt as _, future::ready};
use tokio::time::timeout;

use super::tus;
use crate::{config::Timeouts, http::Refusal, uploads::IncomingChunk};

/// The body as the chunk that begins at `offset` (in bytes). Nothing of it is read yet.
///
/// # Errors
/// [`ProblemCode::MalformedRequest`] when `Upload-Checksum` cannot be read.
pub(crate) fn incoming_chunk(offset: u64, headers: &HeaderMap, body: Body) -> Result<IncomingChunk<BodyDataStream>, Refusal> {
    let (checksum, length_bytes) = (tus::checksum(headers)?, body.size_hint().exact());
    Ok(IncomingChunk { offset, checksum, length_bytes, came: Vec::new(), frames: body.into_data_stream() })
}

/// The body of a creation request as the first chunk, or `None` if the body is empty (tus extension
/// "creation-with-upload"). Whether it is may show only after the head of the request: over HTTP/2, Firefox ends a request without a
/// body with an empty frame. That frame is waited for as long as a body that is read as a whole.
///
/// # Errors
/// [`ProblemCode::UnsupportedMediaType`] when there is a body that is not a chunk, [`ProblemCode::Unavailable`] when the end of the
/// request does not come, otherwise those of
/// [`incoming_chunk`].
pub(crate) async fn first_chunk(
    headers: &HeaderMap,
    body: Body,
    timeouts: &Timeouts,
) -> Result<Option<IncomingChunk<BodyDataStream>>, Refusal> {
    if has_chunk(headers) {
        return incoming_chunk(0, headers, body).map(Some);
    }
    let no_chunk = || Refusal::new(ProblemCode::UnsupportedMediaType, format!("A body has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE));
    if body.size_hint().lower() > 0 {
        return Err(no_chunk());
    }
    let mut frames = body.into_data_stream().skip_while(|frame| ready(frame.as_ref().is_ok_and(|bytes| bytes.is_empty())));
    match timeout(timeouts.whole_body, frames.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(_))) => Err(no_chunk()),
        // Whoever sends the request again creates no second file, with the same Idempotency-Key.
        Ok(Some(Err(_))) | Err(_) => Err(Refusal::new(ProblemCode::Unavailable, "The end of the request did not come.")),
    }
}

/// Whether `Content-Type` says that the body of the request is a chunk.
pub(crate) fn has_chunk(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == tus::CHUNK_MEDIA_TYPE)
}
