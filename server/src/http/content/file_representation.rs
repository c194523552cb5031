//! The representation of a file in a room: which bytes a request for it gets, and what the headers say of them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::room::{FileEntry, FileState, Sha256};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Uri, request::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::representation::{Purpose, Representation, Source};
use crate::{
    fields,
    http::{Refusal, Services, guard::Session},
};

/// The response to `GET` and, without the bytes, to `HEAD`: the file, or the ranges of it that the request asks for.
///
/// # Errors
/// When the file cannot be read, or a precondition of the request does not hold.
pub(crate) async fn respond(services: &Arc<Services>, session: &Session, file: &FileEntry, request: &Parts) -> Result<Response, Refusal> {
    let mut headers = HeaderMap::new();
    if let Some(sha256) = digest(services, file, &request.headers).await? {
        headers.insert(HeaderName::from_static("repr-digest"), repr_digest(&sha256));
    }
    let purpose = if is_preview(&request.uri) { Purpose::Preview } else { Purpose::Download };
    representation(file, media_type(file), headers, purpose).respond(services, session, request).await
}

/// The representation of a file with this media type and further headers.
pub(crate) fn representation(file: &FileEntry, media_type: HeaderValue, headers: HeaderMap, purpose: Purpose) -> Representation {
    Representation {
        // An id is never used for other bytes, so it is a strong validator, also while the upload is running.
        etag: format!("\"{}\"", file.id).parse().expect("quoted hexadecimal digits"),
        length: file.size_bytes,
        // It must not be in the future (RFC 9110, section 8.8.2.1), and this server's clock may have been ahead.
        changed_at: Some((UNIX_EPOCH + Duration::from_millis(file.changed_at_ms())).min(SystemTime::now())),
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
