//! A deadline for the bodies of requests that are read as a whole. Bodies that carry the bytes of files are streamed, and
//! have time limits of their own.

use std::sync::Arc;

use axum::{
    BoxError,
    body::{Body, HttpBody as _},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use crate::http::Services;

/// Makes reading the body fail when it has not arrived within
/// [`Timeouts::whole_body`](crate::config::Timeouts::whole_body).
pub(crate) async fn apply(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let deadline = Instant::now() + services.config.timeouts.whole_body;
    let timed = |body: Body| {
        Body::from_stream(stream::try_unfold(body.into_data_stream(), move |mut frames| async move {
            let frame = timeout_at(deadline, frames.next()).await?.transpose()?;
            Ok::<_, BoxError>(frame.map(|frame| (frame, frames)))
        }))
    };
    next.run(request.map(timed)).await
}
