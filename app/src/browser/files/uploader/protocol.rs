//! The requests of one upload (tus 1.0.0): creating it, asking for its offset, and sending a chunk.

use std::time::Duration;

use futures::{
    FutureExt as _, StreamExt as _,
    channel::mpsc,
    future::{Fuse, FusedFuture as _},
    select,
};
use gloo_events::EventListener;
use gloo_net::http::{Request, Response};
use gloo_timers::future::sleep;
use wasm_bindgen::JsCast as _;
use web_sys::{ProgressEvent, XmlHttpRequest};

use super::chunk::{Chunk, Content};
use crate::{
    browser::{
        api::{self, unreachable, unreadable},
        files::picked_file::PickedFile,
        system::page,
    },
    i18n::t,
    room::{FileId, Pin},
    wire::{self, Problem, ProblemCode},
};

/// The media type of a chunk (tus 1.0.0, section "PATCH").
const CHUNK_MEDIA_TYPE: &str = "application/offset+octet-stream";
/// The shortest time between two progress reports of a chunk. Drawing the progress more often would take
/// computing time away from sending.
const PROGRESS_PAUSE: Duration = Duration::from_millis(200);

/// An upload that the server created.
#[derive(Clone, Copy, Debug)]
pub(super) struct CreatedUpload {
    pub(super) id: FileId,
    /// How many bytes the server has.
    pub(super) offset: u64,
}

/// Announces a file to the room, together with its content if `content` is given. Announcements with the same `key`
/// create only one file.
pub(super) async fn announce(pin: &Pin, picked: &PickedFile, key: &str, content: Option<&Content>) -> Result<CreatedUpload, Problem> {
    let file = &picked.file;
    let pairs = [("filename", picked.name()), ("filetype", file.type_()), ("lastmodified", format!("{}", file.last_modified()))];
    let metadata: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} {}", page::base64(value.bytes()))).collect();
    let request = Request::post(&wire::files(pin))
        .header("tus-resumable", "1.0.0")
        .header("idempotency-key", key)
        .header("upload-length", &picked.size_bytes.to_string())
        .header("upload-metadata", &metadata.join(","));
    let sending = match content {
        Some(Content { bytes, checksum }) => {
            let request = request.header("content-type", CHUNK_MEDIA_TYPE).header("upload-checksum", checksum);
            request.body(bytes.clone()).map_err(|_| unreachable())?.send().await
        }
        None => request.send().await,
    };
    let response = api::checked(sending.map_err(|_| unreachable())?).await?;
    api::read_out(&response).await;
    let location = response.headers().get("location").unwrap_or_default();
    let id = location.rsplit('/').next().and_then(|id| id.parse().ok());
    Ok(CreatedUpload { id: id.ok_or_else(unreadable)?, offset: offset_of(&response)? })
}

/// Asks how many bytes of the file the server has.
pub(super) async fn ask_offset(address: &str) -> Result<u64, Problem> {
    let request = Request::get(address).method(gloo_net::http::Method::HEAD).header("tus-resumable", "1.0.0");
    let response = request.send().await.map_err(|_| unreachable())?;
    match response.status() {
        // An answer to HEAD has no body, so the problem is derived from the status.
        404 => Err(Problem::new(ProblemCode::NoSuchFile, t().problem_no_such_file())),
        401 => Err(Problem::new(ProblemCode::NotAMember, t().problem_not_a_member())),
        _ => offset_of(&api::checked(response).await?),
    }
}

fn offset_of(response: &Response) -> Result<u64, Problem> {
    response.headers().get("upload-offset").and_then(|text| text.parse().ok()).ok_or_else(unreadable)
}

/// Sends a chunk and returns the offset that the server has reached; that may be another one than the end of the chunk.
/// `progress` is called with the number of bytes of the chunk that have left. Dropping the future aborts the request.
pub(super) async fn send(address: &str, chunk: &Chunk, progress: impl Fn(u64) + 'static) -> Result<u64, Problem> {
    let request = Aborting(XmlHttpRequest::new().map_err(|_| unreachable())?);
    let Aborting(xhr) = &request;
    let offset = chunk.offset.to_string();
    let headers =
        [("tus-resumable", "1.0.0"), ("content-type", CHUNK_MEDIA_TYPE), ("upload-offset", &offset), ("upload-checksum", &chunk.checksum)];
    xhr.open("PATCH", address).map_err(|_| unreachable())?;
    for (name, value) in headers {
        xhr.set_request_header(name, value).map_err(|_| unreachable())?;
    }
    let (ended, mut end) = mpsc::unbounded();
    let _end = EventListener::new(xhr, "loadend", move |_| {
        #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when nobody waits any more")]
        let _ = ended.unbounded_send(());
    });
    let (report, mut reports) = mpsc::unbounded();
    let _progress = xhr.upload().ok().map(|upload| {
        EventListener::new(&upload, "progress", move |event| {
            if let Some(event) = event.dyn_ref::<ProgressEvent>() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a chunk is far below 2^53 bytes")]
                let loaded = event.loaded() as u64;
                #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when nobody waits any more")]
                let _ = report.unbounded_send(loaded);
            }
        })
    });
    xhr.send_with_opt_blob(Some(chunk.bytes.as_ref())).map_err(|_| unreachable())?;
    // What is not reported at once is reported at the end of the pause, because nothing more may leave for a long time.
    let (mut waiting, mut pause) = (None, Fuse::terminated());
    loop {
        select! {
            sent = reports.select_next_some() => {
                if pause.is_terminated() {
                    progress(sent);
                    pause = sleep(PROGRESS_PAUSE).fuse();
                } else {
                    waiting = Some(sent);
                }
            }
            () = pause => {
                if let Some(sent) = waiting.take() {
                    progress(sent);
                    pause = sleep(PROGRESS_PAUSE).fuse();
                }
            }
            _ = end.next() => return outcome(xhr),
        }
    }
}

fn outcome(xhr: &XmlHttpRequest) -> Result<u64, Problem> {
    let status = xhr.status().unwrap_or(0);
    if status == 0 {
        return Err(unreachable());
    }
    if status == 204 {
        let reached: Option<u64> = xhr.get_response_header("upload-offset").ok().flatten().and_then(|text| text.parse().ok());
        return reached.ok_or_else(unreadable);
    }
    let text = xhr.response_text().ok().flatten().unwrap_or_default();
    match api::problem_in(&text, status, xhr.get_response_header("retry-after").ok().flatten()) {
        Problem { code: ProblemCode::OffsetMismatch, offset_bytes: Some(offset), .. } => Ok(offset),
        problem => Err(problem),
    }
}

/// A request that is aborted on drop.
struct Aborting(XmlHttpRequest);

impl Drop for Aborting {
    fn drop(&mut self) {
        #[expect(clippy::let_underscore_must_use, reason = "aborting a request that has ended has no effect")]
        let _ = self.0.abort();
    }
}
