//! Responses with the bytes of a file or an archive, whole or in ranges, and with preconditions (RFC 9110, sections 13
//! and 14).

use std::{ops::Range, sync::Arc, time::SystemTime};

use app::{
    room::Role,
    wire::{Problem, ProblemCode},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use headers::{ETag, HeaderMapExt as _, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, LastModified};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt as _;

use crate::{
    fields::Wanted,
    files::{FileStore, ReadError, ReadWatch},
    http::{Refusal, Services, content::archive_layout::ArchiveLayout, guard::Session},
    rooms::RoomHandle,
};

/// All characters except those that may stand unencoded in an extended header value (RFC 8187, `attr-char`).
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

/// The bytes to send, and what the headers say of them.
pub(crate) struct Representation {
    /// The entity tag, a strong one: it stands for exactly these bytes.
    pub(crate) etag: ETag,
    /// The number of bytes; `None` for an upload whose sender has not declared its length yet.
    pub(crate) length: Option<u64>,
    /// When the bytes were changed last, if that is known. A client may keep the date, and ask whether it is still the same.
    pub(crate) changed_at: Option<SystemTime>,
    /// The media type.
    pub(crate) media_type: HeaderValue,
    /// The name under which a browser saves the bytes.
    pub(crate) name: String,
    /// Further headers of the response.
    pub(crate) headers: HeaderMap,
    /// What the bytes are requested for.
    pub(crate) purpose: Purpose,
    /// Where the bytes come from.
    pub(crate) source: Source,
}

/// What a representation is requested for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To save it. Only such a request counts as a download, of which the owner sees the progress.
    Download,
    /// To show it in the page, as a picture, a film or text. A browser that opens the address itself still saves it.
    Preview,
    /// To show it in a frame of the page, with the browser's own viewer. Only for this purpose the disposition is
    /// `inline`.
    BrowserViewer,
}

/// Where the bytes of a representation come from.
pub(crate) enum Source {
    File(app::room::FileId),
    Archive(Arc<ArchiveLayout>),
}

impl Source {
    /// The bytes in `range`, which are reported to `watch` as they are read. A range that ends beyond the end of the
    /// content means everything from its start on.
    async fn read(
        &self,
        files: &Arc<FileStore>,
        range: Range<u64>,
        watch: &ReadWatch,
    ) -> Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + use<>, ReadError> {
        Ok(match self {
            Self::File(id) => {
                let mut seen = watch(*id, range.start);
                files.read(*id, range).await?.inspect_ok(move |bytes| seen(bytes.len())).left_stream()
            }
            Self::Archive(layout) => layout.archive.read(Arc::clone(files), range, Arc::clone(watch)).right_stream(),
        })
    }
}

impl Representation {
    /// The response to `GET` and, without the bytes, to `HEAD`.
    ///
    /// # Errors
    /// [`ProblemCode::PreconditionFailed`] when `If-Match` names other bytes, or a refusal when the bytes cannot be
    /// read.
    pub(crate) async fn respond(self, services: &Arc<Services>, session: &Session, request: &Parts) -> Result<Response, Refusal> {
        let mut headers = self.headers.clone();
        headers.typed_insert(self.etag.clone());
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static(if self.length.is_some() { "bytes" } else { "none" }));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(changed_at) = self.changed_at {
            headers.typed_insert(LastModified::from(changed_at));
        }
        if request.headers.typed_get::<IfMatch>().is_some_and(|condition| !condition.precondition_passes(&self.etag)) {
            return Err(Refusal::new(ProblemCode::PreconditionFailed, "The file is not the one that If-Match names."));
        }
        if self.is_another_by_date(&request.headers) {
            return Err(Refusal::new(ProblemCode::PreconditionFailed, "The file was changed after the date in If-Unmodified-Since."));
        }
        if request.headers.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(&self.etag)) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        if self.is_known_by_date(&request.headers) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        headers.insert(header::CONTENT_TYPE, self.media_type.clone());
        let (disposition, policy) = self.purpose.handling();
        headers.insert(header::CONTENT_DISPOSITION, content_disposition(disposition, &self.name));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));

        let send = request.method != Method::HEAD;
        let status = match (self.length, self.wanted(&request.headers)) {
            (Some(length), Wanted::Nothing) => return Ok(unsatisfiable(length)),
            (Some(_), Wanted::Ranges(parts)) if parts.len() > 1 => return self.multipart(services, session, headers, parts, send).await,
            (Some(length), Wanted::Ranges(parts)) => {
                let part = parts.into_iter().next().expect("there is one");
                headers.insert(header::CONTENT_RANGE, content_range(&part, length));
                headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
                (StatusCode::PARTIAL_CONTENT, part)
            }
            (Some(length), Wanted::Whole) => {
                headers.insert(header::CONTENT_LENGTH, length.into());
                (StatusCode::OK, 0..length)
            }
            (None, _) => (StatusCode::OK, 0..u64::MAX),
        };
        let (status, range) = status;
        let body = if send {
            Body::from_stream(in_use(
                &session.room,
                self.source.read(&services.files, range, &download_watch(session, self.purpose)).await?,
            ))
        } else {
            Body::empty()
        };
        Ok((status, headers, body).into_response())
    }

    /// Whether the bytes were changed after the date that the client names. An entity tag in `If-Match` decides alone (RFC
    /// 9110, section 13.2.2).
    fn is_another_by_date(&self, request: &HeaderMap) -> bool {
        let Some(changed_at) = self.changed_at else { return false };
        let is_another = || request.typed_get::<IfUnmodifiedSince>().is_some_and(|since| !since.precondition_passes(changed_at));
        !request.contains_key(header::IF_MATCH) && is_another()
    }

    /// Whether the client has the bytes already, as far as it knows them by their date. An entity tag says more, and decides
    /// alone where there is one (RFC 9110, section 13.2.2).
    fn is_known_by_date(&self, request: &HeaderMap) -> bool {
        let Some(changed_at) = self.changed_at else { return false };
        let is_known = || request.typed_get::<IfModifiedSince>().is_some_and(|since| !since.is_modified(changed_at));
        !request.contains_key(header::IF_NONE_MATCH) && is_known()
    }

    /// What the request asks for, from `Range` and `If-Range`. A representation of unknown length is always sent whole.
    fn wanted(&self, request: &HeaderMap) -> Wanted {
        let (Some(length), Some(range)) = (self.length, request.get(header::RANGE)) else { return Wanted::Whole };
        let has_changed = |condition: &HeaderValue| {
            // A date has to be the very same (RFC 9110, section 13.1.5).
            let is_date = self.changed_at.is_some_and(|changed_at| *condition == httpdate::fmt_http_date(changed_at));
            // A value that cannot be read is of something else.
            !is_date && request.typed_get::<IfRange>().is_none_or(|condition| condition.is_modified(Some(&self.etag), None))
        };
        if request.get(header::IF_RANGE).is_some_and(has_changed) {
            return Wanted::Whole;
        }
        Wanted::parse(range.to_str().unwrap_or_default(), length)
    }

    /// Several ranges in one body (`multipart/byteranges`, RFC 9110, section 14.6), whose length is known beforehand.
    async fn multipart(
        self,
        services: &Arc<Services>,
        session: &Session,
        mut headers: HeaderMap,
        parts: Vec<Range<u64>>,
        send: bool,
    ) -> Result<Response, Refusal> {
        let length = self.length.expect("only a representation with a known length has parts");
        // The boundary is random, so that the sender of a file cannot put it into the file.
        let boundary = format!("{:032x}", rand::rng().random::<u128>());
        let media_type = self.media_type.to_str().unwrap_or("application/octet-stream");
        let heads = parts.into_iter().map(|part| {
            let range = content_range(&part, length);
            let range = range.to_str().expect("digits");
            (Bytes::from(format!("\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {range}\r\n\r\n")), part)
        });
        let heads: Vec<(Bytes, Range<u64>)> = heads.collect();
        let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        let body_length = heads.iter().fold(end.len() as u64, |sum, (head, part)| sum + head.len() as u64 + (part.end - part.start));

        headers.insert(header::CONTENT_LENGTH, body_length.into());
        let media_type = format!("multipart/byteranges; boundary={boundary}");
        headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(media_type).expect("digits and letters"));
        let body = if send {
            let (files, source, watch) = (Arc::clone(&services.files), Arc::new(self.source), download_watch(session, self.purpose));
            let parts = stream::iter(heads).then(move |(head, part)| {
                let (files, source, watch) = (Arc::clone(&files), Arc::clone(&source), Arc::clone(&watch));
                async move {
                    let bytes = source.read(&files, part, &watch).await?;
                    Ok::<_, ReadError>(stream::once(async { Ok(head) }).chain(bytes))
                }
            });
            let whole = parts.try_flatten().chain(stream::once(async { Ok(end) }));
            Body::from_stream(in_use(&session.room, whole))
        } else {
            Body::empty()
        };
        Ok((StatusCode::PARTIAL_CONTENT, headers, body).into_response())
    }
}

impl Purpose {
    /// The disposition in `Content-Disposition`, and the `Content-Security-Policy`. Browsers' viewers do not run in a
    /// sandbox. Some of them are a document at the same address, with an object and an inline style, so the policy
    /// allows these.
    const fn handling(self) -> (&'static str, &'static str) {
        match self {
            Self::Download | Self::Preview => ("attachment", "sandbox; default-src 'none'"),
            Self::BrowserViewer => ("inline", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"),
        }
    }
}

/// The same stream. As long as it exists, the room counts as used, so that a room does not expire during a download.
fn in_use<S: Stream>(room: &RoomHandle, bytes: S) -> impl Stream<Item = S::Item> + use<S> {
    let quiet_use = room.use_quietly();
    bytes.inspect(move |_| {
        // This makes the closure own the guard, so the stream holds it until it is dropped.
        let _held = &quiet_use;
    })
}

/// The watch that lets the owner and the guest see how much of a file the guest has downloaded. Downloads by the owner, and requests to
/// show a file, are not reported.
fn download_watch(session: &Session, purpose: Purpose) -> ReadWatch {
    let Session { room, member, role } = session.clone();
    Arc::new(move |file, start| {
        if role == Role::Owner || purpose != Purpose::Download {
            return Box::new(|_| {});
        }
        let mut receiving = room.track_download(file, member, start);
        Box::new(move |bytes| receiving.sent(bytes))
    })
}

fn content_range(part: &Range<u64>, length: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes {}-{}/{length}", part.start, part.end - 1)).expect("digits")
}

/// The response 416 to ranges that lie beyond the `length` bytes of the representation (RFC 9110, section 15.5.17).
fn unsatisfiable(length: u64) -> Response {
    let mut response = Refusal(Problem::new(ProblemCode::RangeNotSatisfiable, format!("There are {length} bytes."))).into_response();
    response.headers_mut().typed_insert(headers::ContentRange::unsatisfied_bytes(length));
    response
}

/// `Content-Disposition` with the name in both forms of RFC 6266: `filename` in ASCII for old clients, and `filename*`,
/// which can hold every name.
fn content_disposition(disposition: &str, name: &str) -> HeaderValue {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' }).collect();
    let extended = utf8_percent_encode(name, ATTR_CHAR);
    HeaderValue::try_from(format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{extended}")).expect("only visible ASCII is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_in_both_forms() {
        assert_eq!(content_disposition("attachment", "plain.txt"), "attachment; filename=\"plain.txt\"; filename*=UTF-8''plain.txt");
        assert_eq!(
            content_disposition("inline", "100% \"čaj\".pdf"),
            "inline; filename=\"100_ __aj_.pdf\"; filename*=UTF-8''100%25%20%22%C4%8Daj%22.pdf"
        );
    }
}
