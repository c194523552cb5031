//! `GET /api/rooms/{pin}/files/{id}`: the bytes (RFC 9110), also of a file that is still arriving.

use std::sync::Arc;

use app::{
    room::FileEntry,
    wire::{Problem, ProblemCode},
};
use axum::{
    body::Body,
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt as _};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch, IfRange};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Refusal, Services, Session, State, file};
use crate::rooms::RoomHandle;

/// What may stand bare in an extended header value (RFC 8187, `attr-char`).
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `GET`: the file, or the part of it that was asked for.
pub(crate) async fn get(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    respond(&services, &mut parts, &id).await
}

/// The answer to `GET` and, without the bytes, to `HEAD`.
pub(super) async fn respond(services: &Arc<Services>, parts: &mut Parts, id: &str) -> Result<Response, Refusal> {
    let session = Session::from_request_parts(parts, services).await?;
    let file = file::find(&session.room, id)?;
    // An id is never used for other bytes, so it is a strong validator, for a running upload too.
    let etag: ETag = format!("\"{}\"", file.id).parse().expect("quoted hexadecimal digits");

    let mut headers = HeaderMap::new();
    headers.typed_insert(etag.clone());
    headers.typed_insert(headers::AcceptRanges::bytes());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if parts.headers.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(&etag)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }

    let range = match wanted_range(&parts.headers, &etag, file.size_bytes) {
        Ok(range) => range,
        Err(Unsatisfiable) => return Ok(unsatisfiable(&file)),
    };
    let (status, start, end) = match range {
        Some((start, end)) => {
            let range = headers::ContentRange::bytes(start..end, file.size_bytes).expect("the range is not empty");
            headers.typed_insert(range);
            (StatusCode::PARTIAL_CONTENT, start, end)
        }
        None => (StatusCode::OK, 0, file.size_bytes),
    };
    headers.typed_insert(headers::ContentLength(end - start));
    headers.insert(header::CONTENT_TYPE, media_type(&file));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&file.name.base()));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));

    let body = if parts.method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(in_use(session.room, services.files.read(file.id, start..end).await?))
    };
    Ok((status, headers, body).into_response())
}

/// The stream, as use of the room: one that is being downloaded from is not unused.
pub(super) fn in_use<T>(room: RoomHandle, bytes: impl Stream<Item = T>) -> impl Stream<Item = T> {
    bytes.inspect(move |_| room.touch())
}

struct Unsatisfiable;

/// One range of bytes as a client may ask for it (RFC 9110, section 14.1.2).
enum AskedRange {
    FromTo(u64, u64),
    From(u64),
    Last(u64),
}

impl AskedRange {
    /// Reads one range; anything else is to be ignored, section 14.2 says.
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        match (start, end) {
            ("", length) => Some(Self::Last(number(length)?)),
            (start, "") => Some(Self::From(number(start)?)),
            (start, last) => Some(Self::FromTo(number(start)?, number(last)?)).filter(|_| number(start) <= number(last)),
        }
    }
}

/// The one range that was asked for, as start and end. Several at once are answered with the whole
/// file, which RFC 9110, section 14.2, allows.
fn wanted_range(headers: &HeaderMap, etag: &ETag, size_bytes: u64) -> Result<Option<(u64, u64)>, Unsatisfiable> {
    let Some(range) = headers.get(header::RANGE).and_then(|value| AskedRange::parse(value.to_str().ok()?)) else { return Ok(None) };
    if headers.typed_get::<IfRange>().is_some_and(|condition| condition.is_modified(Some(etag), None)) {
        return Ok(None);
    }
    let (start, end) = match range {
        AskedRange::FromTo(start, last) => (start, last.saturating_add(1).min(size_bytes)),
        AskedRange::From(start) => (start, size_bytes),
        AskedRange::Last(length) => (size_bytes.saturating_sub(length), size_bytes),
    };
    if start < end { Ok(Some((start, end))) } else { Err(Unsatisfiable) }
}

fn unsatisfiable(file: &FileEntry) -> Response {
    let detail = format!("The file has {} bytes.", file.size_bytes);
    let mut response = Refusal(Problem::new(ProblemCode::RangeNotSatisfiable, detail)).into_response();
    response.headers_mut().typed_insert(headers::ContentRange::unsatisfied_bytes(file.size_bytes));
    response
}

fn media_type(file: &FileEntry) -> HeaderValue {
    let guessed = || mime_guess::from_path(file.name.base()).first_or_octet_stream().essence_str().to_owned();
    let text = if file.media_type.is_empty() { guessed() } else { file.media_type.clone() };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// `Content-Disposition` in both forms of RFC 6266: plain for old clients, extended for all names.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' }).collect();
    let extended = utf8_percent_encode(name, ATTR_CHAR);
    HeaderValue::try_from(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}")).expect("only visible ASCII is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_in_both_forms() {
        assert_eq!(attachment("plain.txt"), "attachment; filename=\"plain.txt\"; filename*=UTF-8''plain.txt");
        assert_eq!(attachment("100% \"čaj\".pdf"), "attachment; filename=\"100_ __aj_.pdf\"; filename*=UTF-8''100%25%20%22%C4%8Daj%22.pdf");
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        let etag: ETag = "\"a\"".parse().unwrap();
        let wanted = |range: &str| {
            let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
            wanted_range(&headers, &etag, 10).map_err(|_| "unsatisfiable")
        };
        assert_eq!(wanted("bytes=2-4"), Ok(Some((2, 5))));
        assert_eq!(wanted("bytes=7-"), Ok(Some((7, 10))));
        assert_eq!(wanted("bytes=-3"), Ok(Some((7, 10))));
        assert_eq!(wanted("bytes=-99"), Ok(Some((0, 10))));
        assert_eq!(wanted("bytes=5-99"), Ok(Some((5, 10))));
        assert_eq!(wanted("bytes=10-"), Err("unsatisfiable"));
        assert_eq!(wanted("bytes=-0"), Err("unsatisfiable"));
        assert_eq!(wanted("bytes=0-1,4-5"), Ok(None));
        for senseless in ["lines=1-2", "bytes=4-2", "bytes=-", "bytes=five", "bytes=+1-2"] {
            assert_eq!(wanted(senseless), Ok(None), "{senseless}");
        }
    }
}
