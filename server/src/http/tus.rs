//! What tus 1.0.0 (<https://tus.io/protocols/resumable-upload>) asks for in requests and answers.

use std::time::{Duration, SystemTime};

use app::{room::FileEntry, wire::ProblemCode};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::Refusal;
use crate::{
    fields::{Concat, Metadata},
    files::Checksum,
};

/// The version spoken here.
pub(super) const VERSION: &str = "1.0.0";
/// What is spoken beyond the core.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration,concatenation";
/// The media type of a chunk.
pub(super) const CHUNK_MEDIA_TYPE: &str = "application/offset+octet-stream";

/// The longest `Idempotency-Key`.
const MAX_KEY_BYTES: usize = 128;

pub(super) const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");
pub(super) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// The header of every answer.
pub(super) fn resumable() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("tus-resumable"), HeaderValue::from_static(VERSION))
}

/// Whether the request speaks tus at all.
pub(super) fn is_spoken(headers: &HeaderMap) -> bool {
    headers.contains_key("tus-resumable")
}

/// Refuses every version but ours (core, "Tus-Resumable").
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("tus-resumable") {
        Some(version) if version == VERSION => Ok(()),
        Some(_) => Err(Refusal::new(ProblemCode::TusVersion, format!("This server speaks tus {VERSION} only."))),
        None => Err(Refusal::new(ProblemCode::TusVersion, format!("The header Tus-Resumable: {VERSION} is missing."))),
    }
}

/// A field that holds a number of bytes, if it is there.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Refusal> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(name, "is not a number"));
    }
    let number = text.parse();
    number.map(Some).map_err(|_| Refusal::new(ProblemCode::OutOfRange, format!("The header {name} must be between 0 and {}.", u64::MAX)))
}

/// The offset of a chunk, which must be told (core, "PATCH").
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    number(headers, &UPLOAD_OFFSET)?.ok_or_else(|| malformed(&UPLOAD_OFFSET, "is missing"))
}

/// The length of a new upload; none when it is to be told later (extension "creation").
pub(super) fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let length = number(headers, &UPLOAD_LENGTH)?;
    match (length, text(headers, &UPLOAD_DEFER_LENGTH)?) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        (None, None) => Err(malformed(&UPLOAD_LENGTH, "is missing, and so is Upload-Defer-Length: 1")),
        (Some(_), Some(_)) => Err(malformed(&UPLOAD_DEFER_LENGTH, "stands beside Upload-Length; one of them is wrong")),
        (None, Some(_)) => Err(malformed(&UPLOAD_DEFER_LENGTH, "must be 1")),
    }
}

/// What the sender says of the file.
pub(super) fn metadata(headers: &HeaderMap) -> Result<Metadata, Refusal> {
    let text = text(headers, &UPLOAD_METADATA)?.unwrap_or_default();
    Metadata::parse(text).map_err(|error| malformed(&UPLOAD_METADATA, error.0))
}

/// What the chunk's bytes must sum to, if that is said.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Refusal> {
    let name = HeaderName::from_static("upload-checksum");
    let Some(text) = text(headers, &name)? else { return Ok(None) };
    Checksum::parse(text).map(Some).map_err(|error| malformed(&name, error.0))
}

/// What its sender calls a creation that may be sent again (draft-ietf-httpapi-idempotency-key-header).
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let name = HeaderName::from_static("idempotency-key");
    match text(headers, &name)? {
        Some(key) if key.is_empty() || key.len() > MAX_KEY_BYTES => Err(malformed(&name, "must have between 1 and 128 bytes")),
        key => Ok(key),
    }
}

/// What the upload is to others, if it is anything.
pub(super) fn concat(headers: &HeaderMap) -> Result<Option<Concat>, Refusal> {
    let Some(text) = text(headers, &UPLOAD_CONCAT)? else { return Ok(None) };
    Concat::parse(text).map(Some).map_err(|error| malformed(&UPLOAD_CONCAT, error.0))
}

/// The file's metadata, for a client that wants to continue.
pub(super) fn told_metadata(file: &FileEntry) -> HeaderValue {
    let metadata = Metadata {
        filename: Some(file.name.to_string()),
        filetype: (!file.media_type.is_empty()).then(|| file.media_type.clone()),
        modified_at_ms: file.modified_at_ms,
    };
    HeaderValue::try_from(metadata.to_field()).expect("base64 is visible ASCII")
}

/// When an upload that was touched at `moment` is given up (extension "expiration").
pub(super) fn expires(moment: SystemTime, ttl: Duration) -> HeaderValue {
    HeaderValue::try_from(httpdate::fmt_http_date(moment + ttl)).expect("a date is visible ASCII")
}

pub(super) fn malformed(name: &HeaderName, what: &str) -> Refusal {
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
        let told = |pairs: &[(&'static str, &str)]| declared_length(&with(pairs)).map_err(|refusal| refusal.0.code);
        assert_eq!(told(&[("upload-length", "7")]), Ok(Some(7)));
        assert_eq!(told(&[("upload-defer-length", "1")]), Ok(None));
        for wrong in [&[][..], &[("upload-defer-length", "2")], &[("upload-length", "7"), ("upload-defer-length", "1")]] {
            assert_eq!(told(wrong), Err(ProblemCode::MalformedRequest), "{wrong:?}");
        }
    }
}
