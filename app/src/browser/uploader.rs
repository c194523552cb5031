//! Uploads: announces files to the room and sends them in chunks (tus 1.0.0) until all of each is there.
//!
//! A chunk is a slice of the file that the browser reads from disk itself; through this program's memory its bytes
//! pass once, a few at a time, to be summed. What has arrived is read from the room, like everybody else does.

mod adding;
mod chunk;
mod pace;
mod protocol;
mod queue;
mod resume;
mod sender;
mod sum;
mod thumbnails;

use std::{collections::HashMap, rc::Rc};

use futures::future::{AbortHandle, abortable};
use gloo_file::Blob;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use web_sys::File;

use super::{kept_files, kept_files::PickedFile, page, tab_lock::TabLock, toasts::Toasts};
use crate::{
    room::{FileId, Pin},
    wire::ProblemCode,
};
use adding::Waiting;
use pace::{ChunkSize, Speed};
use queue::Queue;
use thumbnails::Sitters;

pub use resume::Unfinished;

/// Where this browser is with a file that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Others come first.
    Waiting,
    /// On its way.
    Sending,
    /// Broke off; tried again soon.
    Retrying,
    /// The person said so.
    Paused,
    /// Will not go on by itself.
    Failed {
        /// Why; said in the language of the page.
        code: ProblemCode,
    },
}

/// All that this browser sends, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Files that are not all there yet.
    pub files: usize,
    /// How many of them are paused.
    pub paused: usize,
    /// How many of them move or wait to.
    pub moving: usize,
    /// Bytes of them that are there.
    pub sent_bytes: u64,
    /// Bytes of all of them.
    pub size_bytes: u64,
    /// How fast they go, when that is known.
    pub bytes_per_second: Option<u64>,
}

/// What this browser sends. The rows of the room show it beside what has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Uploads {
    transfers: RwSignal<HashMap<FileId, Upload>>,
    /// Each bound to the browser's one thread, but not the table: a server drops its own, empty one anywhere.
    sources: StoredValue<HashMap<FileId, SendWrapper<Source>>>,
    queue: StoredValue<Queue>,
    chunk_size: StoredValue<ChunkSize>,
    speed: RwSignal<Speed>,
    sitters: Sitters,
    /// Picked, and not announced yet.
    waiting: RwSignal<Waiting>,
    toasts: Toasts,
}

/// One file on its way, as the page shows it.
#[derive(Clone, Copy, Debug)]
struct Upload {
    transfer: RwSignal<Transfer>,
    /// Bytes that have left, acknowledged or not.
    sent_bytes: RwSignal<u64>,
    /// Those that the server acknowledged.
    arrived_bytes: StoredValue<u64>,
    size_bytes: u64,
}

/// A file of this device on its way to a room.
#[derive(Clone, Debug)]
struct Source {
    pin: Pin,
    file: File,
    /// How much of it is there, as long as nobody has sent any more.
    offset: Option<u64>,
    /// Stops the sending of it.
    stop: Option<AbortHandle>,
    /// Keeps other tabs of this browser from sending it, too.
    lock: Rc<TabLock>,
}

impl Uploads {
    /// No uploads yet; shared through the context.
    pub fn provide(toasts: Toasts) -> Self {
        let uploads = Self {
            transfers: RwSignal::new(HashMap::new()),
            sources: StoredValue::new(HashMap::new()),
            queue: StoredValue::new(Queue::default()),
            chunk_size: StoredValue::new(ChunkSize::default()),
            speed: RwSignal::new(Speed::default()),
            sitters: Sitters::none(),
            waiting: RwSignal::new(Waiting::default()),
            toasts,
        };
        provide_context(uploads);
        uploads
    }

    /// Where the upload of a file is, if this browser sends it.
    #[must_use]
    pub fn transfer(self, id: FileId) -> Option<Transfer> {
        self.upload(id).map(|upload| upload.transfer.get())
    }

    /// The same, for a moment.
    #[must_use]
    pub fn transfer_untracked(self, id: FileId) -> Option<Transfer> {
        self.upload_untracked(id).map(|upload| upload.transfer.get_untracked())
    }

    /// Bytes of a file that have left this browser, if it sends it.
    #[must_use]
    pub fn sent_bytes(self, id: FileId) -> Option<u64> {
        self.upload(id).map(|upload| upload.sent_bytes.get())
    }

    /// Whether this browser sends the file; does not change with its progress.
    #[must_use]
    pub fn holds(self, id: FileId) -> bool {
        self.transfers.with(|transfers| transfers.contains_key(&id))
    }

    /// Everything that is on its way.
    #[must_use]
    pub fn total(self) -> Total {
        let mut total = Total { bytes_per_second: self.speed.with(Speed::bytes_per_second), ..Total::default() };
        self.waiting.with(|waiting| {
            (total.files, total.size_bytes) = (waiting.files, waiting.size_bytes);
            if waiting.paused.is_some() {
                total.paused = waiting.files;
            } else {
                total.moving = waiting.files;
            }
        });
        self.transfers.with(|transfers| {
            for upload in transfers.values() {
                total.files += 1;
                total.size_bytes += upload.size_bytes;
                total.sent_bytes += upload.sent_bytes.get();
                match upload.transfer.get() {
                    Transfer::Paused => total.paused += 1,
                    Transfer::Failed { .. } => {}
                    Transfer::Waiting | Transfer::Sending | Transfer::Retrying => total.moving += 1,
                }
            }
        });
        total
    }

    /// Sends a file whose row is there already; from where, if that is known.
    fn begin(self, pin: &Pin, id: FileId, picked: PickedFile, lock: Rc<TabLock>, offset: Option<u64>) {
        let size_bytes = slice_of(&picked.file).size();
        let upload = Upload {
            transfer: RwSignal::new(Transfer::Waiting),
            sent_bytes: RwSignal::new(0),
            arrived_bytes: StoredValue::new(0),
            size_bytes,
        };
        if let Some(handle) = picked.handle {
            kept_files::keep(pin.clone(), id, handle);
        }
        let source = Source { pin: pin.clone(), file: picked.file, offset, stop: None, lock };
        self.sources.update_value(|sources| drop(sources.insert(id, SendWrapper::new(source))));
        self.transfers.update(|transfers| {
            transfers.insert(id, upload);
        });
        self.resume(id);
    }

    /// Puts an upload back into the queue: after it was paused or failed.
    pub fn resume(self, id: FileId) {
        let Some(upload) = self.upload_untracked(id) else { return };
        self.set(id, Transfer::Waiting);
        self.queue.update_value(|queue| queue.add(id, upload.size_bytes));
        self.pump();
    }

    /// Stops an upload until it is resumed.
    pub fn pause(self, id: FileId) {
        self.stop(id);
        self.set(id, Transfer::Paused);
        self.pump();
    }

    /// Pauses everything that moves or waits, and says what that was.
    pub fn pause_all(self) -> Vec<FileId> {
        self.pause_adding();
        let paused = self.ids(|transfer| !matches!(transfer, Transfer::Paused | Transfer::Failed { .. }));
        for id in &paused {
            self.stop(*id);
            self.set(*id, Transfer::Paused);
        }
        paused
    }

    /// Resumes everything that is paused or failed.
    pub fn resume_all(self) {
        self.go_on_adding();
        for id in self.ids(|transfer| matches!(transfer, Transfer::Paused | Transfer::Failed { .. })) {
            self.resume(id);
        }
    }

    /// Stops an upload for good; whoever calls it removes the row.
    pub fn cancel(self, id: FileId) {
        self.stop(id);
        self.forget(id);
        self.pump();
    }

    /// Every file that this browser sends.
    #[must_use]
    pub fn all(self) -> Vec<FileId> {
        self.ids(|_| true)
    }

    fn pump(self) {
        while let Some(id) = self.queue.try_update_value(Queue::start_next).flatten() {
            let source = self.sources.try_update_value(|sources| {
                let kept = sources.get_mut(&id)?;
                let source = kept.clone();
                // Whoever goes on with it later has to ask.
                kept.offset = None;
                Some(source)
            });
            let Some(source) = source.flatten() else {
                self.queue.update_value(|queue| queue.remove(id));
                continue;
            };
            let (sending, stop) = abortable(async move { sender::send(self, id, &source).await });
            self.sources.update_value(|sources| {
                if let Some(source) = sources.get_mut(&id) {
                    source.stop = Some(stop);
                }
            });
            spawn_local(async move {
                // Whoever stopped it has said what it is now.
                let Ok(outcome) = sending.await else { return };
                self.queue.update_value(|queue| queue.remove(id));
                match outcome {
                    Ok(()) => self.forget(id),
                    // Removed or closed meanwhile: there is no row left to say anything on.
                    Err(problem) if matches!(problem.code, ProblemCode::NoSuchFile | ProblemCode::NoSuchRoom) => self.forget(id),
                    Err(problem) => self.set(id, Transfer::Failed { code: problem.code }),
                }
                self.pump();
            });
        }
    }

    fn stop(self, id: FileId) {
        self.queue.update_value(|queue| queue.remove(id));
        self.sources.update_value(|sources| {
            if let Some(stop) = sources.get_mut(&id).and_then(|source| source.stop.take()) {
                stop.abort();
            }
        });
    }

    fn set(self, id: FileId, transfer: Transfer) {
        if let Some(upload) = self.upload_untracked(id)
            && upload.transfer.with_untracked(|known| *known != transfer)
        {
            // What left but was not acknowledged has to leave again.
            if transfer != Transfer::Sending {
                upload.sent_bytes.set(upload.arrived_bytes.get_value());
            }
            upload.transfer.set(transfer);
        }
    }

    /// So many bytes of a file are there, as the server said.
    fn arrived(self, id: FileId, arrived_bytes: u64) {
        if let Some(upload) = self.upload_untracked(id) {
            upload.arrived_bytes.set_value(arrived_bytes);
            self.moved(id, arrived_bytes);
        }
    }

    /// So many bytes of a file have left by now.
    fn moved(self, id: FileId, sent_bytes: u64) {
        let Some(upload) = self.upload_untracked(id) else { return };
        let before = upload.sent_bytes.get_untracked();
        if before != sent_bytes {
            upload.sent_bytes.set(sent_bytes);
            // The first report of a continued file tells what was there before.
            if before > 0 {
                self.speed.update(|speed| speed.add(page::now_secs(), sent_bytes.saturating_sub(before)));
            }
        }
    }

    fn chunk_bytes(self) -> u64 {
        self.chunk_size.get_value().bytes()
    }

    fn chunk_took(self, bytes: u64, seconds: f64) {
        self.chunk_size.update_value(|size| size.took(bytes, seconds));
    }

    fn chunk_failed(self) {
        self.chunk_size.update_value(ChunkSize::failed);
    }

    fn forget(self, id: FileId) {
        let source = self.sources.try_update_value(|sources| sources.remove(&id)).flatten();
        if let Some(source) = source {
            kept_files::forget(source.take().pin, id);
        }
        self.transfers.update(|transfers| {
            transfers.remove(&id);
        });
        // What comes later may come over another network.
        if self.transfers.with_untracked(HashMap::is_empty) {
            self.speed.set(Speed::default());
        }
    }

    fn ids(self, wanted: impl Fn(&Transfer) -> bool) -> Vec<FileId> {
        self.transfers.with_untracked(|transfers| {
            transfers.iter().filter(|(_, upload)| upload.transfer.with_untracked(&wanted)).map(|(id, _)| *id).collect()
        })
    }

    fn upload(self, id: FileId) -> Option<Upload> {
        self.transfers.with(|transfers| transfers.get(&id).copied())
    }

    fn upload_untracked(self, id: FileId) -> Option<Upload> {
        self.transfers.with_untracked(|transfers| transfers.get(&id).copied())
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

/// What the tabs of this browser call the sending of a file.
fn lock_name(pin: &Pin, id: FileId) -> String {
    format!("upload {pin}/{id}")
}

/// All of a file, to be sliced.
fn slice_of(file: &File) -> Blob {
    Blob::from(gloo_file::File::from(file.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_a_server_drew_may_be_dropped_on_another_thread() {
        let page = Owner::new();
        page.with(|| Uploads::provide(Toasts::provide()));
        std::thread::spawn(move || page.cleanup()).join().expect("nothing of it belongs to one thread");
    }
}
