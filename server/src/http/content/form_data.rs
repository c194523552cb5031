//! Forms with files in them (`multipart/form-data`, RFC 7578), read part by part as they arrive.
//!
//! The parser reads everything that its stream has ready before it returns anything, and does not limit how much it
//! buffers. So the stream, [`FormBody`], gives the parser one frame at a time, and only when the parser needs it.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, ready},
    time::Duration,
};

use app::wire::ProblemCode;
use axum::{
    BoxError,
    body::{Body, BodyDataStream},
    extract::{
        FromRequest as _, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{header, request},
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;

use crate::{http::Refusal, locks::lock};

/// The name of the form field that holds the files.
const FILES: &str = "files";
/// How many bytes the parser may take without returning anything. This is far more than the head of any part has.
const MAX_UNREAD_BYTES: usize = 64 * 1024;
/// How long [`FormBody::read_away`] reads at most.
const READ_AWAY: Duration = Duration::from_secs(30);
/// [`FormBody::read_away`] stops when the sender sends nothing for this long.
const READ_AWAY_SILENCE: Duration = Duration::from_secs(2);

/// A form, whose parts may still be arriving.
pub(crate) struct Form {
    parts: Multipart,
    body: FormBody,
}

/// One part of a form. It is the stream of the part's bytes.
pub(crate) struct Part<'a> {
    field: Field<'a>,
    body: &'a FormBody,
}

/// The body of a form. Clones share it: the parser reads the form from one, and the handler calls [`Self::read_away`]
/// on another.
#[derive(Clone)]
pub(crate) struct FormBody(Arc<Mutex<Frames>>);

struct Frames {
    stream: BodyDataStream,
    /// How many bytes the parser took since it last returned something, without those of the newest frame, which the
    /// parser may not have examined yet.
    unread_bytes: usize,
    /// The length of the newest frame in bytes.
    newest_bytes: usize,
    /// Whether the parser has asked before since it last got a frame or returned something. Asking again means that
    /// what it has buffered is not enough.
    is_wanted: bool,
}

impl Form {
    /// Opens the form in the `body` of a request with this head.
    ///
    /// # Errors
    /// [`ProblemCode::UnsupportedMediaType`] when the request is not a form.
    pub(crate) async fn open(head: request::Parts, body: FormBody) -> Result<Self, Refusal> {
        let request = Request::from_parts(head, Body::from_stream(body.clone()));
        let unsupported = |_| Refusal::new(ProblemCode::UnsupportedMediaType, "A form has Content-Type: multipart/form-data; boundary=….");
        let parts = Multipart::from_request(request, &()).await.map_err(unsupported)?;
        Ok(Self { parts, body })
    }

    /// The next part, or `None` after the last one. What is left of the part before it is skipped.
    ///
    /// # Errors
    /// [`ProblemCode::MalformedRequest`] when the form cannot be read or broke off.
    pub(crate) async fn next_part(&mut self) -> Result<Option<Part<'_>>, Refusal> {
        self.body.understood();
        let Some(field) = self.parts.next_field().await.map_err(|_| unreadable())? else { return Ok(None) };
        self.body.understood();
        Ok(Some(Part { field, body: &self.body }))
    }
}

/// The refusal of a body that is not a form, or that broke off.
pub(crate) fn unreadable() -> Refusal {
    Refusal::new(ProblemCode::MalformedRequest, "The form cannot be read, or broke off. The files before that are kept.")
}

impl Part<'_> {
    /// The name of the file in this part. It is `None` when the part is not a file, or when no file was chosen in the
    /// form.
    ///
    /// Browsers write quotes and line breaks of a name as `%22`, `%0D` and `%0A`
    /// (<https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>).
    ///
    /// # Errors
    /// [`ProblemCode::InvalidFileName`] when there is a name that cannot be read.
    pub(crate) fn file_name(&self) -> Result<Option<String>, Refusal> {
        if self.field.name() != Some(FILES) {
            return Ok(None);
        }
        match self.field.file_name() {
            Some("") => Ok(None),
            Some(name) => Ok(Some(name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))),
            // If the part were skipped without an error, its sender would not notice that the file is missing.
            None if self.has_unreadable_file_name() => {
                Err(Refusal::new(ProblemCode::InvalidFileName, "This file name cannot be used: it cannot be read."))
            }
            None => Ok(None),
        }
    }

    /// The media type that the sender declared.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.field.content_type().map(str::to_owned)
    }

    /// Whether there is a file name although the parser found none, because it is not UTF-8 or its end is missing.
    fn has_unreadable_file_name(&self) -> bool {
        let disposition = self.field.headers().get(header::CONTENT_DISPOSITION);
        disposition.is_some_and(|value| String::from_utf8_lossy(value.as_bytes()).contains("filename"))
    }
}

impl Stream for Part<'_> {
    type Item = Result<Bytes, MultipartError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(Pin::new(&mut self.field).poll_next(context));
        self.body.understood();
        Poll::Ready(frame)
    }
}

impl FormBody {
    pub(crate) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Frames { stream: body.into_data_stream(), unread_bytes: 0, newest_bytes: 0, is_wanted: false })))
    }

    /// Reads the rest of the body and drops it, for at most [`READ_AWAY`]. Browsers read a response only after they
    /// have sent the whole request.
    pub(crate) async fn read_away(&self) {
        let reading = async {
            while let Ok(Some(Ok(_))) = timeout(READ_AWAY_SILENCE, poll_fn(|context| self.lock().stream.poll_next_unpin(context))).await {}
        };
        #[expect(clippy::let_underscore_must_use, reason = "the bytes are not needed, so it does not matter how reading them ends")]
        let _ = timeout(READ_AWAY, reading).await;
    }

    /// Notes that the parser has returned something. It may be able to return more from what it has buffered, so it is
    /// not given another frame at its next request.
    fn understood(&self) {
        let mut frames = self.lock();
        frames.unread_bytes = 0;
        frames.newest_bytes = 0;
        frames.is_wanted = false;
    }

    fn lock(&self) -> MutexGuard<'_, Frames> {
        lock(&self.0)
    }
}

/// The stream that the parser reads.
impl Stream for FormBody {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut frames = self.lock();
        if !std::mem::replace(&mut frames.is_wanted, true) {
            // The parser asks for a frame before it examines what it has buffered. It gets one when it asks again,
            // because then what it has is not enough.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if frames.unread_bytes > MAX_UNREAD_BYTES {
            return Poll::Ready(Some(Err("nothing of the form can be understood".into())));
        }
        let frame = ready!(frames.stream.poll_next_unpin(context));
        frames.is_wanted = false;
        if let Some(Ok(bytes)) = &frame {
            let former_bytes = std::mem::replace(&mut frames.newest_bytes, bytes.len());
            frames.unread_bytes += former_bytes;
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use futures::stream;

    use super::*;

    /// A form that consists of these frames, and the number of frames that were taken from it so far.
    async fn open(frames: impl Stream<Item = String> + Send + 'static) -> (Form, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let counted = frames.map(move |frame| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(frame)
        });
        let request = axum::http::Request::post("/").header(header::CONTENT_TYPE, "multipart/form-data; boundary=b").body(()).unwrap();
        let form = Form::open(request.into_parts().0, FormBody::new(Body::from_stream(counted))).await.unwrap();
        (form, taken)
    }

    #[tokio::test]
    async fn no_more_of_a_form_is_taken_than_its_parts_need() {
        let head = "--b\r\ncontent-disposition: form-data; name=\"files\"; filename=";
        let parts: Vec<String> = (0..100).map(|number| format!("{head}\"{number}\"\r\n\r\nx\r\n")).collect();
        let (mut form, taken) = open(stream::iter(parts).chain(stream::iter(["--b--\r\n".to_owned()]))).await;
        for number in 0..100 {
            let mut part = form.next_part().await.unwrap().unwrap();
            assert_eq!(part.file_name().unwrap().unwrap(), number.to_string());
            let mut came = Vec::new();
            while let Some(frame) = part.next().await {
                came.extend(frame.unwrap());
            }
            assert_eq!(came, b"x");
            let taken = taken.load(Ordering::Relaxed);
            assert!(taken <= number + 3, "{taken} frames were taken for {} parts", number + 1);
        }
        assert!(form.next_part().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_frame_may_be_larger_than_what_is_looked_through_for_a_part() {
        let head = "--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n";
        let large = "x".repeat(3 * MAX_UNREAD_BYTES);
        let frames = [format!("{head}{large}"), large.clone(), format!("{large}\r\n{head}\r\n--b--")];
        let (mut form, _) = open(stream::iter(frames)).await;
        for length in [3 * large.len(), 0] {
            let mut part = form.next_part().await.unwrap().unwrap();
            let mut came = Vec::new();
            while let Some(frame) = part.next().await {
                came.extend(frame.unwrap());
            }
            assert!(came.len() == length && came.iter().all(|byte| *byte == b'x'));
        }
        assert!(form.next_part().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_never_becomes_a_part_is_given_up() {
        for beginning in ["", "--b\r\n", "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\n"] {
            let endless = stream::repeat_with(|| "x".repeat(1024));
            let (mut form, taken) = open(stream::iter([beginning.to_owned()]).chain(endless)).await;
            let refusal = loop {
                match form.next_part().await {
                    Ok(part) => assert_eq!(part.unwrap().file_name().unwrap(), None),
                    Err(refusal) => break refusal,
                }
            };
            assert_eq!(refusal.0.code, ProblemCode::MalformedRequest);
            let taken = taken.load(Ordering::Relaxed);
            assert!(taken < 80, "{taken} frames were taken of {beginning:?}");
        }
    }
}
