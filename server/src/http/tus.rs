//! The headers of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>), read and checked.

use app::{room::FileEntry, wire::ProblemCode};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Refusal;

/// The version spoken here.
pub(super) const VERSION: &str = "1.0.0";
/// What is spoken beyond the core.
pub(super) const EXTENSIONS: &str = "creation,termination";
/// The media type of a chunk.
pub(super) const CHUNK_MEDIA_TYPE: &str = "application/offset+octet-stream";

/// The longest `Upload-Metadata` that is read.
const MAX_METADATA_BYTES: usize = 8 * 1024;

/// The headers of every answer.
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

/// A header that holds a number of bytes.
pub(super) fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, Refusal> {
    let Some(value) = headers.get(name) else {
        return Err(Refusal::new(ProblemCode::MalformedRequest, format!("The header {name} is missing.")));
    };
    let text = value.to_str().unwrap_or_default().trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(ProblemCode::MalformedRequest, format!("The header {name} is not a number.")));
    }
    text.parse().map_err(|_| Refusal::new(ProblemCode::OutOfRange, format!("The header {name} must be between 0 and {}.", u64::MAX)))
}

/// What `Upload-Metadata` says; keys that mean nothing here are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) filename: Option<String>,
    pub(super) filetype: Option<String>,
}

impl Metadata {
    /// Reads the header (extension "creation"): pairs of a key and a base64 value, keys unique.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let malformed = |what: &str| Refusal::new(ProblemCode::MalformedRequest, format!("Upload-Metadata {what}."));
        let Some(value) = headers.get("upload-metadata") else { return Ok(Self::default()) };
        if value.len() > MAX_METADATA_BYTES {
            return Err(malformed("is too long"));
        }
        let text = value.to_str().map_err(|_| malformed("is not ASCII"))?;
        let mut keys = std::collections::HashSet::new();
        let mut metadata = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if !keys.insert(key) {
                return Err(malformed("repeats a key"));
            }
            let value = STANDARD.decode(value.trim()).map_err(|_| malformed("has a value that is not base64"))?;
            let field = match key {
                "filename" => &mut metadata.filename,
                "filetype" => &mut metadata.filetype,
                _ => continue,
            };
            *field = Some(String::from_utf8(value).map_err(|_| malformed("has a value that is not UTF-8"))?);
        }
        Ok(metadata)
    }

    /// What a client is told about an upload that it wants to continue.
    pub(super) fn header(file: &FileEntry) -> HeaderValue {
        let mut text = format!("filename {}", STANDARD.encode(file.name.as_str()));
        if !file.media_type.is_empty() {
            text.push_str(",filetype ");
            STANDARD.encode_string(&file.media_type, &mut text);
        }
        HeaderValue::try_from(text).expect("base64 is visible ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn metadata_is_read_as_the_protocol_says() {
        let metadata = Metadata::of(&with("upload-metadata", "filename YSBiLnR4dA==, filetype dGV4dC9wbGFpbg==,is_secret")).unwrap();
        assert_eq!(metadata, Metadata { filename: Some("a b.txt".to_owned()), filetype: Some("text/plain".to_owned()) });
        assert_eq!(Metadata::of(&HeaderMap::new()).unwrap(), Metadata::default());
    }

    #[test]
    fn metadata_that_cannot_be_read_is_refused() {
        for value in ["filename !", "filename YQ==,filename YQ==", "filename /w==", &"a".repeat(9000)] {
            let refusal = Metadata::of(&with("upload-metadata", value)).unwrap_err();
            assert_eq!(refusal.0.code, ProblemCode::MalformedRequest, "{value}");
        }
    }

    #[test]
    fn a_number_is_missing_or_no_number_or_out_of_range() {
        let code = |value: &str| number(&with("upload-length", value), "upload-length").map_err(|refusal| refusal.0.code);
        assert_eq!(code("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(code("18446744073709551616"), Err(ProblemCode::OutOfRange));
        assert_eq!(code("-1"), Err(ProblemCode::OutOfRange));
        for value in ["", "-", "1.5", "0x10", "ten"] {
            assert_eq!(code(value), Err(ProblemCode::MalformedRequest), "{value:?}");
        }
        let missing = number(&HeaderMap::new(), "upload-length").unwrap_err();
        assert_eq!(missing.0.code, ProblemCode::MalformedRequest);
    }
}
