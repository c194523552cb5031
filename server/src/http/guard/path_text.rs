//! An extractor for the parameter of a path that accepts every path.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::http::Services;

/// The only parameter of a path, as text. A parameter that is not UTF-8 becomes the empty text, which names nothing
/// that exists.
#[derive(Clone, Debug)]
pub(crate) struct PathText(pub(crate) String);

impl FromRequestParts<Arc<Services>> for PathText {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, services).await;
        Ok(Self(text.map(|Path(text)| text).unwrap_or_default()))
    }
}
