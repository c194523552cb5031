//! What is held for a response until it is sent, such as its place among those that may run at the same time.

use axum::{
    body::{Body, HttpBody as _},
    http::header::CONTENT_LENGTH,
    response::Response,
};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// The length in bytes of the pieces in which a body is handed over. The connection takes a few pieces ahead of what it has
/// sent, so a body of one piece would count as sent while nothing of it is. Pieces are copies, because a slice would keep all
/// of the body in memory.
const PIECE_BYTES: usize = 64 << 10;

/// Holds `held` until nearly all of the response is sent, or the client is gone.
pub(super) fn until_sent(response: Response, held: impl Send + 'static) -> Response {
    let length = response.body().size_hint().exact();
    let mut response = response.map(|body| {
        let pieces = body.into_data_stream().map_ok(|bytes| stream::iter(pieces(bytes)).map(Ok::<_, axum::Error>));
        Body::from_stream(pieces.try_flatten().inspect(move |_| {
            let _held = &held;
        }))
    });
    // The new body does not know its length any more.
    if let Some(length) = length {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    response
}

fn pieces(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        (!piece.is_empty()).then(|| Bytes::copy_from_slice(&piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn something_is_held_until_the_last_piece_is_taken() {
        let held = std::sync::Arc::new(());
        let body = vec![7; 2 * PIECE_BYTES + 1];
        let response = until_sent(Response::new(Body::from(body.clone())), std::sync::Arc::clone(&held));
        assert_eq!(response.headers()[CONTENT_LENGTH], body.len().to_string());
        let mut pieces = response.into_body().into_data_stream();
        let mut sent = Vec::new();
        for length in [PIECE_BYTES, PIECE_BYTES, 1] {
            let piece = pieces.next().await.unwrap().unwrap();
            assert_eq!((piece.len(), std::sync::Arc::strong_count(&held)), (length, 2));
            sent.extend(piece);
        }
        drop(pieces);
        assert_eq!((sent, std::sync::Arc::strong_count(&held)), (body, 1));
    }
}
