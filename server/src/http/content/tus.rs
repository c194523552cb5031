//! The header fields of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>) in requests and responses.

use std::time::{Duration, SystemTime};

use app::{room::FileEntry, wire::ProblemCode};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    fields::{self, Concat, Metadata},
    files::Checksum,
    http::Refusal,
};

/// The only version of tus that this server supports.
pub(crate) const VERSION: &str = fields::TUS_VERSION;
/// The tus extensions that this server supports.
pub(crate) const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration,concatenation";
/// The media type of a chunk.
pub(crate) const CHUNK_MEDIA_TYPE: &str = "application/offset+octet-stream";

/// The longest `Idempotency-Key` that is accepted, in bytes.
const MAX_KEY_BYTES: usize = 128;

pub(crate) const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");
pub(crate) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(crate) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(crate) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(crate) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(crate) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// The header `Tus-Resumable`, which belongs in every response to a tus client.
pub(crate) fn resumable() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("tus-resumable"), HeaderValue::from_static(VERSION))
}

/// Whether the request comes from a tus client, which sends `Tus-Resumable`.
pub(crate) fn is_tus_request(headers: &HeaderMap) -> bool {
    headers.contains_key("tus-resumable")
}

/// Checks that the request is for our version of tus (core, "Tus-Resumable").
///
/// # Errors
/// [`ProblemCode::TusVersion`] when it is for another one, or says none.
pub(crate) fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("tus-resumable") {
        Some(version) if version == VERSION => Ok(()),
        Some(_) => Err(Refusal::new(ProblemCode::TusVersion, format!("This server speaks tus {VERSION} only."))),
        None => Err(Refusal::new(ProblemCode::TusVersion, format!("The header Tus-Resumable: {VERSION} is missing."))),
    }
}

/// The number of bytes in a header field; `None` when the field is missing.
///
/// # Errors
/// [`ProblemCode::MalformedRequest`] when it is not a number, [`ProblemCode::OutOfRange`] when it is not a `u64`.
pub(crate) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Refusal> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(name, "is not a number"));
    }
    let number = text.parse();
    number.map(Some).map_err(|_| Refusal::new(ProblemCode::OutOfRange, format!("The header {name} must be between 0 and {}.", u64::MAX)))
}

/// The offset of a chunk in bytes, from `Upload-Offset`, which is required (core, "PATCH").
pub(crate) fn offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    number(headers, &UPLOAD_OFFSET)?.ok_or_else(|| malformed(&UPLOAD_OFFSET, "is missing"))
}

/// The length of a new upload in bytes, from `Upload-Length`; `None` when `Upload-Defer-Length` says that it follows
/// later (extension "creation"). One of the two headers is required.
pub(crate) fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let length = number(headers, &UPLOAD_LENGTH)?;
    match (length, text(headers, &UPLOAD_DEFER_LENGTH)?) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        (None, None) => Err(malformed(&UPLOAD_LENGTH, "is missing, and so is Upload-Defer-Length: 1")),
        (Some(_), Some(_)) => Err(malformed(&UPLOAD_DEFER_LENGTH, "stands beside Upload-Length; one of them is wrong")),
        (None, Some(_)) => Err(malformed(&UPLOAD_DEFER_LENGTH, "must be 1")),
    }
}

/// What the sender says of the file in `Upload-Metadata`. Without the header, that is nothing.
pub(crate) fn metadata(headers: &HeaderMap) -> Result<Metadata, Refusal> {
    let text = text(headers, &UPLOAD_METADATA)?.unwrap_or_default();
    Metadata::parse(text).map_err(|error| malformed(&UPLOAD_METADATA, error.0))
}

/// The checksum of the chunk, from `Upload-Checksum`; `None` without the header.
pub(crate) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Refusal> {
    let name = HeaderName::from_static("upload-checksum");
    let Some(text) = text(headers, &name)? else { return Ok(None) };
    Checksum::parse(text).map(Some).map_err(|error| malformed(&name, error.0))
}

/// The `Idempotency-Key` of a creation, with which its sender may repeat it safely
/// (draft-ietf-httpapi-idempotency-key-header); `None` without the header.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let name = HeaderName::from_static("idempotency-key");
    match text(headers, &name)? {
        Some(key) if key.is_empty() || key.len() > MAX_KEY_BYTES => Err(malformed(&name, "must have between 1 and 128 bytes")),
        key => Ok(key),
    }
}

/// What `Upload-Concat` says: that the upload is a part, or which parts it joins; `None` without the header.
pub(crate) fn concat(headers: &HeaderMap) -> Result<Option<Concat>, Refusal> {
    let Some(text) = text(headers, &UPLOAD_CONCAT)? else { return Ok(None) };
    Concat::parse(text).map(Some).map_err(|error| malformed(&UPLOAD_CONCAT, error.0))
}

/// The value of `Upload-Metadata` for a client that wants to continue an upload.
pub(crate) fn metadata_field(file: &FileEntry) -> HeaderValue {
    let metadata = Metadata {
        filename: Some(file.name.to_string()),
        filetype: (!file.media_type.is_empty()).then(|| file.media_type.clone()),
        modified_at_ms: file.modified_at_ms,
    };
    HeaderValue::try_from(metadata.to_field()).expect("base64 is visible ASCII")
}

/// The value of `Upload-Expires` for an upload to which nothing was added since `moment`: the time from which the
/// upload may be erased (extension "expiration").
pub(crate) fn expires(moment: SystemTime, ttl: Duration) -> HeaderValue {
    HeaderValue::try_from(httpdate::fmt_http_date(moment + ttl)).expect("a date is visible ASCII")
}

/// The refusal of a header field. `what` completes the sentence "The header … ", for example "is missing".
pub(crate) fn malformed(name: &HeaderName, what: &str) -> Refusal {
    Refusal::new(ProblemCode::MalformedRequest, format!("The header {name} {what}."))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| malformed(name, "is not ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_number_is_missing_or_no_number_or_out_of_range() {
        let code = |value: &str| number(&with(&[("upload-length", value)]), &UPLOAD_LENGTH).map_err(|refusal| refusal.0.code);
        assert_eq!(code("18446744073709551615"), Ok(Some(u64::MAX)));
        assert_eq!(code("18446744073709551616"), Err(ProblemCode::OutOfRange));
        assert_eq!(code("-1"), Err(ProblemCode::OutOfRange));
        for value in ["", "-", "1.5", "0x10", "ten"] {
            assert_eq!(code(value), Err(ProblemCode::MalformedRequest), "{value:?}");
        }
        assert_eq!(number(&HeaderMap::new(), &UPLOAD_LENGTH).unwrap(), None);
    }

    #[test]
    fn a_length_is_told_now_or_later() {
        let length = |pairs: &[(&'static str, &str)]| declared_length(&with(pairs)).map_err(|refusal| refusal.0.code);
        assert_eq!(length(&[("upload-length", "7")]), Ok(Some(7)));
        assert_eq!(length(&[("upload-defer-length", "1")]), Ok(None));
        for wrong in [&[][..], &[("upload-defer-length", "2")], &[("upload-length", "7"), ("upload-defer-length", "1")]] {
            assert_eq!(length(wrong), Err(ProblemCode::MalformedRequest), "{wrong:?}");
        }
    }
}
