//! `GET /api/rooms/{pin}/files/{id}`: the bytes of a file, also of one that is still arriving, to be saved or
//! previewed. `GET …/view` shows a PDF in the browser's own viewer.

use app::{
    room::{FileEntry, FileState},
    wire::ProblemCode,
};
use axum::{
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use bytes::Bytes;
use futures::TryStreamExt as _;

use crate::http::{
    Refusal, Services, State,
    content::{
        file_representation::{self, representation},
        representation::Purpose,
    },
    guard::Session,
};

/// How a PDF begins (ISO 32000-1, section 7.5.2).
const PDF: &[u8] = b"%PDF-";

/// `GET`: the file, or the ranges of it that the request asks for.
pub(crate) async fn get(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    file_representation::respond(&services, &session, &session.file(&id)?, &parts).await
}

/// `GET …/view`: a PDF for the browser's own viewer. Every other file is refused, because it would be shown inline and
/// outside a sandbox.
pub(crate) async fn view(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    let file = session.file(&id)?;
    if !is_pdf(&services, &file).await? {
        return Err(Refusal::new(ProblemCode::UnsupportedMediaType, "Only a complete PDF can be viewed. Download the file instead."));
    }
    let media_type = HeaderValue::from_static("application/pdf");
    representation(&file, media_type, HeaderMap::new(), Purpose::BrowserViewer).respond(&services, &session, &parts).await
}

/// Whether the file is complete and begins like a PDF.
async fn is_pdf(services: &Services, file: &FileEntry) -> Result<bool, Refusal> {
    let length = PDF.len() as u64;
    if file.state != FileState::Complete || file.size_bytes.is_none_or(|size_bytes| size_bytes < length) {
        return Ok(false);
    }
    let first: Vec<Bytes> = services.files.read(file.id, 0..length).await?.try_collect().await?;
    Ok(first.concat() == PDF)
}
