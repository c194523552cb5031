//! `GET /api/rooms/{pin}/files/{id}`: the bytes of a file, also of one that is still arriving, to be saved or
//! previewed. `GET …/view` shows a PDF in the browser's own viewer.

use std::sync::Arc;

use app::{
    room::{FileEntry, FileState, Sha256},
    wire::ProblemCode,
};
use axum::{
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, request::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::TryStreamExt as _;

use crate::{
    fields,
    http::{
        Refusal, Services, State,
        content::representation::{Purpose, Representation, Source},
        guard::Session,
    },
};

/// How a PDF begins (ISO 32000-1, section 7.5.2).
const PDF: &[u8] = b"%PDF-";

/// `GET`: the file, or the ranges of it that the request asks for.
pub(crate) async fn get(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    respond(&services, &mut parts, &id).await
}

/// The response to `GET` and, without the bytes, to `HEAD`. `id` is the file's id as it stands in the path.
pub(crate) async fn respond(services: &Arc<Services>, parts: &mut Parts, id: &str) -> Result<Response, Refusal> {
    let session = Session::from_request_parts(parts, services).await?;
    let file = session.file(id)?;
    let mut headers = HeaderMap::new();
    if let Some(sha256) = digest(services, &file, &parts.headers).await? {
        headers.insert(HeaderName::from_static("repr-digest"), repr_digest(&sha256));
    }
    let purpose = if is_preview(&parts.uri) { Purpose::Looking } else { Purpose::Saving };
    representation(&file, media_type(&file), headers, purpose).respond(services, &session, parts).await
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
    representation(&file, media_type, HeaderMap::new(), Purpose::Viewing).respond(&services, &session, &parts).await
}

fn representation(file: &FileEntry, media_type: HeaderValue, headers: HeaderMap, purpose: Purpose) -> Representation {
    Representation {
        // An id is never used for other bytes, so it is a strong validator, also while the upload is running.
        etag: format!("\"{}\"", file.id).parse().expect("quoted hexadecimal digits"),
        length: file.size_bytes,
        media_type,
        name: file.name.base(),
        headers,
        purpose,
        source: Source::File(file.id),
    }
}

/// Whether the request is for a preview, which the query parameter `preview` says. `Sec-Fetch-Dest` is not used,
/// because browsers do not send it from pages without TLS. The separate address also keeps a cached preview from being
/// used for a later download, which would then transfer no bytes and would not be counted.
fn is_preview(address: &Uri) -> bool {
    address.query().is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some("preview")))
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

/// The file's SHA-256, if it is known. If the request asks for it with `Want-Repr-Digest` (RFC 9530) and the file is
/// complete, this waits until the digest has been computed.
async fn digest(services: &Services, file: &FileEntry, request: &HeaderMap) -> Result<Option<Sha256>, Refusal> {
    let wanted = || request.get("want-repr-digest").and_then(|value| value.to_str().ok()).is_some_and(fields::wants_sha256);
    match file.sha256 {
        None if file.state == FileState::Complete && wanted() => Ok(services.files.sha256(file.id).await?),
        known => Ok(known),
    }
}

/// The value of `Repr-Digest` (RFC 9530).
fn repr_digest(sha256: &Sha256) -> HeaderValue {
    HeaderValue::try_from(format!("sha-256=:{}:", STANDARD.encode(sha256.as_bytes()))).expect("base64 is visible ASCII")
}

/// The media type that the sender declared, or one guessed from the file's name.
fn media_type(file: &FileEntry) -> HeaderValue {
    let guessed = || mime_guess::from_path(file.name.base()).first_or_octet_stream().essence_str().to_owned();
    // `application/octet-stream` is treated like no type at all, because media players check the type before they read
    // the bytes.
    let says_nothing = matches!(file.media_type.as_str(), "" | "application/octet-stream");
    let text = if says_nothing { guessed() } else { file.media_type.clone() };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whether_somebody_only_looks() {
        let file = "/api/rooms/482913/files/00000000000000000000000000000001";
        for (query, looks) in [
            ("?preview", true),
            ("?a=b&preview", true),
            ("?preview=1", true),
            ("", false),
            ("?", false),
            ("?a=preview", false),
            ("?previews", false),
        ] {
            assert_eq!(is_preview(&format!("{file}{query}").parse().unwrap()), looks, "{query}");
        }
    }
}
