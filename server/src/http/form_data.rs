//! Forms with files in them (`multipart/form-data`, RFC 7578), read part by part as they come.
//!
//! The parser takes whatever its stream has before it gives anything back, and has no limit for what it keeps. So the
//! stream holds back what the parser does not need yet.

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

use super::Refusal;

/// The field of the form that has the files.
const FILES: &str = "files";
/// How much may come without anything of it being understood: far more than the head of any part.
const MAX_UNREAD_BYTES: usize = 64 * 1024;
/// How long what nobody wants is read away.
const READ_AWAY: Duration = Duration::from_secs(30);
/// How long its sender may be silent meanwhile.
const READ_AWAY_SILENCE: Duration = Duration::from_secs(2);

/// A form of which some parts may still be on their way.
pub(super) struct Form {
    parts: Multipart,
    body: FormBody,
}

/// One part of a form: the stream of its bytes.
pub(super) struct Part<'a> {
    field: Field<'a>,
    body: &'a FormBody,
    came_bytes: u64,
}

/// The body of a form, shared by the parser and whoever waits for the end.
#[derive(Clone)]
pub(super) struct FormBody(Arc<Mutex<Frames>>);

struct Frames {
    stream: BodyDataStream,
    /// Handed to the parser since it last gave something back, without the newest frame: it may not have looked at that.
    unread_bytes: usize,
    newest_bytes: usize,
    /// Whether the parser asked before, and found that what it has is not enough.
    is_wanted: bool,
}

impl Form {
    /// The form that a request with this head brings.
    pub(super) async fn open(head: request::Parts, body: FormBody) -> Result<Self, Refusal> {
        let request = Request::from_parts(head, Body::from_stream(body.clone()));
        let unsupported = |_| Refusal::new(ProblemCode::UnsupportedMediaType, "A form has Content-Type: multipart/form-data; boundary=….");
        let parts = Multipart::from_request(request, &()).await.map_err(unsupported)?;
        Ok(Self { parts, body })
    }

    /// The next part, `None` after the last. What is left of the one before is skipped.
    pub(super) async fn next_part(&mut self) -> Result<Option<Part<'_>>, Refusal> {
        self.body.understood();
        let Some(field) = self.parts.next_field().await.map_err(|_| unreadable())? else { return Ok(None) };
        self.body.understood();
        Ok(Some(Part { field, body: &self.body, came_bytes: 0 }))
    }
}

/// What is wrong with a form that is none, or broke off.
pub(super) fn unreadable() -> Refusal {
    Refusal::new(ProblemCode::MalformedRequest, "The form cannot be read, or broke off. The files before that are kept.")
}

impl Part<'_> {
    /// What the sender calls the file in this part; `None` when there is none, as where nothing was chosen.
    ///
    /// Browsers write quotes and line breaks of a name as `%22`, `%0D` and `%0A`
    /// (<https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>).
    pub(super) fn file_name(&self) -> Result<Option<String>, Refusal> {
        if self.field.name() != Some(FILES) {
            return Ok(None);
        }
        match self.field.file_name() {
            Some("") => Ok(None),
            Some(name) => Ok(Some(name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))),
            // Skipped without a word, the file would be lost.
            None if self.has_unreadable_file_name() => {
                Err(Refusal::new(ProblemCode::InvalidFileName, "This file name cannot be used: it cannot be read."))
            }
            None => Ok(None),
        }
    }

    /// The media type that the sender declared.
    pub(super) fn media_type(&self) -> Option<String> {
        self.field.content_type().map(str::to_owned)
    }

    /// How many bytes of it came so far.
    pub(super) fn came_bytes(&self) -> u64 {
        self.came_bytes
    }

    /// Whether a file name is there that is not UTF-8 or has no end.
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
        if let Some(Ok(bytes)) = &frame {
            self.came_bytes += bytes.len() as u64;
        }
        Poll::Ready(frame)
    }
}

impl FormBody {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Frames { stream: body.into_data_stream(), unread_bytes: 0, newest_bytes: 0, is_wanted: false })))
    }

    /// Reads what still comes and drops it, for a while: browsers hear an answer only after they have said everything.
    pub(super) async fn read_away(&self) {
        let reading = async {
            while let Ok(Some(Ok(_))) = timeout(READ_AWAY_SILENCE, poll_fn(|context| self.lock().stream.poll_next_unpin(context))).await {}
        };
        drop(timeout(READ_AWAY, reading).await);
    }

    /// The parser gave something back; it may do so again with what it has.
    fn understood(&self) {
        let mut frames = self.lock();
        frames.unread_bytes = 0;
        frames.newest_bytes = 0;
        frames.is_wanted = false;
    }

    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.0.lock().expect("no holder panics")
    }
}

/// What the parser reads.
impl Stream for FormBody {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut frames = self.lock();
        if !std::mem::replace(&mut frames.is_wanted, true) {
            // It asks before it looks at what it has. If that is not enough, it asks again.
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

    /// A form of these frames, and the count of those that were taken.
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
            assert_eq!((came.as_slice(), part.came_bytes()), (&b"x"[..], 1));
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
            while let Some(frame) = part.next().await {
                assert!(frame.unwrap().iter().all(|byte| *byte == b'x'));
            }
            assert_eq!(part.came_bytes(), length as u64);
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
