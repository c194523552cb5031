//! The announcement of a new file, made from what a request says of it.

use app::{
    room::{FileId, FileName},
    wire::ProblemCode,
};

use crate::{fields::Metadata, http::Refusal, uploads::Announcement};

/// The name of a file for which the request has none.
const UNNAMED: &str = "unnamed file";

/// The announcement of a file with this id and metadata. Its length is left unknown; a caller that knows the length
/// sets it.
///
/// # Errors
/// [`ProblemCode::InvalidFileName`] when the name cannot be used.
pub(crate) fn announcement(id: FileId, metadata: Metadata) -> Result<Announcement, Refusal> {
    let name = FileName::parse(metadata.filename.as_deref().unwrap_or(UNNAMED))
        .map_err(|error| Refusal::new(ProblemCode::InvalidFileName, format!("This file name cannot be used: {error}.")))?;
    Ok(Announcement {
        id,
        name,
        media_type: metadata.filetype.filter(|text| is_media_type(text)).unwrap_or_default(),
        size_bytes: None,
        modified_at_ms: metadata.modified_at_ms,
        joined_from: Vec::new(),
        is_part: false,
    })
}

/// Whether the text has the form of a media type and may stand in a header.
fn is_media_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+;=/ ".contains(&byte);
    text.len() <= 127 && text.bytes().all(plain) && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
}
