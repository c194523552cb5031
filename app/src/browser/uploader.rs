//! Uploads: announces files to the room and sends them in chunks (tus 1.0.0) until all of each is there.
//!
//! A chunk is a slice of the file that the browser reads from disk itself; the bytes never enter this
//! program's memory. What has arrived is read from the room, like everybody else does.

use std::collections::{HashMap, VecDeque};

use futures::{FutureExt as _, StreamExt as _, channel::mpsc::unbounded, select};
use gloo_events::EventListener;
use gloo_file::Blob;
use gloo_net::http::{Request, Response};
use gloo_timers::future::sleep;
use leptos::{prelude::*, task::spawn_local};
use web_sys::File;

use super::{api, backoff, page, toasts::Toasts};
use crate::{
    room::{FileId, Pin},
    wire::{self, Problem, ProblemCode},
};

/// Bytes of one chunk: some seconds on a slow network, and below what proxies let through.
const CHUNK_BYTES: u64 = 16 * 1024 * 1024;
/// Files that are sent at the same time, so that a small one need not wait for a large one.
const AT_ONCE: usize = 2;
/// Failures in a row, with a network, after which the person decides whether to go on.
const MAX_FAILURES: u32 = 7;

/// Where this browser is with a file that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Others come first.
    Waiting,
    /// On its way.
    Sending,
    /// Broke off; tried again soon.
    Retrying,
    /// Will not go on by itself.
    Failed {
        /// One sentence that says why.
        reason: String,
    },
}

/// What this browser sends. The rows of the room show it beside what has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Uploads {
    transfers: RwSignal<HashMap<FileId, Transfer>>,
    sources: StoredValue<HashMap<FileId, Source>, LocalStorage>,
    queue: StoredValue<VecDeque<FileId>>,
    active: StoredValue<usize>,
    toasts: Toasts,
}

/// A file of this device on its way to a room.
#[derive(Clone, Debug)]
struct Source {
    pin: Pin,
    file: File,
}

impl Uploads {
    /// No uploads yet; shared through the context.
    pub fn provide(toasts: Toasts) {
        let uploads = Self {
            transfers: RwSignal::new(HashMap::new()),
            sources: StoredValue::new_local(HashMap::new()),
            queue: StoredValue::new(VecDeque::new()),
            active: StoredValue::new(0),
            toasts,
        };
        provide_context(uploads);
    }

    /// Where the upload of a file is, if this browser sends it.
    #[must_use]
    pub fn transfer(self, id: FileId) -> Option<Transfer> {
        self.transfers.with(|transfers| transfers.get(&id).cloned())
    }

    /// Announces files to the room, so that everybody sees them, and sends them.
    pub fn add(self, pin: Pin, files: Vec<File>) {
        spawn_local(async move {
            for file in files {
                match announce(&pin, &file).await {
                    Ok(id) if bytes_of(&file) > 0 => {
                        self.sources.update_value(|sources| drop(sources.insert(id, Source { pin: pin.clone(), file })));
                        self.resume(id);
                    }
                    Ok(_) => {}
                    Err(problem) => self.toasts.show(format!("“{}” was not added. {}", file.name(), problem.detail)),
                }
            }
        });
    }

    /// Puts an upload back into the queue; also after it failed.
    pub fn resume(self, id: FileId) {
        self.set(id, Transfer::Waiting);
        self.queue.update_value(|queue| queue.push_back(id));
        self.pump();
    }

    fn pump(self) {
        while self.active.get_value() < AT_ONCE {
            let Some(id) = self.queue.try_update_value(VecDeque::pop_front).flatten() else { return };
            let Some(source) = self.sources.with_value(|sources| sources.get(&id).cloned()) else { continue };
            self.active.update_value(|active| *active += 1);
            spawn_local(async move {
                let outcome = self.send(id, &source).await;
                self.active.update_value(|active| *active -= 1);
                match outcome {
                    Ok(()) => self.forget(id),
                    // Removed or closed meanwhile: there is no row left to say anything on.
                    Err(problem) if matches!(problem.code, ProblemCode::NoSuchFile | ProblemCode::NoSuchRoom) => self.forget(id),
                    Err(problem) => self.set(id, Transfer::Failed { reason: problem.detail }),
                }
                self.pump();
            });
        }
    }

    async fn send(self, id: FileId, source: &Source) -> Result<(), Problem> {
        let address = wire::file(&source.pin, id);
        let size = bytes_of(&source.file);
        let blob = Blob::from(gloo_file::File::from(source.file.clone()));
        let (mut offset, mut failures) = (None, 0);
        loop {
            let step = match offset {
                None => ask_offset(&address).await,
                Some(at) => {
                    self.set(id, Transfer::Sending);
                    send_chunk(&address, &blob, at, size).await
                }
            };
            match step {
                Ok(reached) if reached >= size => return Ok(()),
                Ok(reached) => {
                    offset = Some(reached);
                    failures = 0;
                }
                Err(problem) if !is_temporary(&problem) => return Err(problem),
                Err(problem) => {
                    failures += 1;
                    if failures >= MAX_FAILURES && page::is_online() {
                        return Err(problem);
                    }
                    self.set(id, Transfer::Retrying);
                    wait(failures).await;
                    // The server knows best how much arrived.
                    offset = None;
                }
            }
        }
    }

    fn set(self, id: FileId, transfer: Transfer) {
        let unchanged = self.transfers.with_untracked(|transfers| transfers.get(&id) == Some(&transfer));
        if !unchanged {
            self.transfers.update(|transfers| drop(transfers.insert(id, transfer)));
        }
    }

    fn forget(self, id: FileId) {
        self.transfers.update(|transfers| drop(transfers.remove(&id)));
        self.sources.update_value(|sources| drop(sources.remove(&id)));
    }
}

/// The uploads of this page.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_uploads() -> Uploads {
    use_context().expect("the app provides uploads")
}

async fn announce(pin: &Pin, file: &File) -> Result<FileId, Problem> {
    let metadata = format!("filename {},filetype {}", base64(&file.name()), base64(&file.type_()));
    let request = Request::post(&wire::files(pin))
        .header("tus-resumable", "1.0.0")
        .header("upload-length", &bytes_of(file).to_string())
        .header("upload-metadata", &metadata);
    let response = api::checked(request.send().await.map_err(|error| api::unreachable(&error))?).await?;
    api::read_out(&response).await;
    let location = response.headers().get("location").unwrap_or_default();
    let id = location.rsplit('/').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::new(ProblemCode::Unavailable, "The server's answer cannot be read."))
}

async fn ask_offset(address: &str) -> Result<u64, Problem> {
    let request = Request::get(address).method(gloo_net::http::Method::HEAD).header("tus-resumable", "1.0.0");
    let response = request.send().await.map_err(|error| api::unreachable(&error))?;
    if response.status() == 404 {
        return Err(Problem::new(ProblemCode::NoSuchFile, "The file was removed."));
    }
    offset_of(&api::checked(response).await?)
}

async fn send_chunk(address: &str, blob: &Blob, offset: u64, size: u64) -> Result<u64, Problem> {
    let end = size.min(offset + CHUNK_BYTES);
    let slice = blob.slice(offset, end);
    if slice.size() != end - offset {
        // Phones take a file away from a page that was in the background, without an error.
        return Err(Problem::new(ProblemCode::OutOfRange, "The device took the file back. Add it again."));
    }
    let request = Request::patch(address)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", &offset.to_string())
        .header("content-type", "application/offset+octet-stream")
        .body(wasm_bindgen::JsValue::from(web_sys::Blob::from(slice)))
        .map_err(|error| api::unreachable(&error))?;
    let response = request.send().await.map_err(|error| api::unreachable(&error))?;
    match api::checked(response).await {
        Ok(response) => {
            api::read_out(&response).await;
            offset_of(&response)
        }
        Err(Problem { code: ProblemCode::OffsetMismatch, offset_bytes: Some(offset), .. }) => Ok(offset),
        Err(problem) => Err(problem),
    }
}

fn offset_of(response: &Response) -> Result<u64, Problem> {
    let offset = response.headers().get("upload-offset").and_then(|text| text.parse().ok());
    offset.ok_or_else(|| Problem::new(ProblemCode::Unavailable, "The server's answer cannot be read."))
}

/// Whether the same request may succeed later.
fn is_temporary(problem: &Problem) -> bool {
    problem.status >= 500 || matches!(problem.code, ProblemCode::UploadTakenOver | ProblemCode::TooManyRequests)
}

/// Waits for the next try, or for the network to come back.
async fn wait(failures: u32) {
    let (online, mut came_back) = unbounded();
    let _listener = EventListener::new(&page::window(), "online", move |_| drop(online.unbounded_send(())));
    let mut wait = sleep(backoff::after(failures)).fuse();
    select! {
        () = wait => {}
        _ = came_back.next() => {}
    }
}

/// The length of a file, which JavaScript counts in floating point.
fn bytes_of(file: &File) -> u64 {
    Blob::from(gloo_file::File::from(file.clone())).size()
}

/// Base64 of the UTF-8 of a text; the browser's own function takes one byte a character.
fn base64(text: &str) -> String {
    let bytes: String = text.bytes().map(char::from).collect();
    page::window().btoa(&bytes).unwrap_or_default()
}
