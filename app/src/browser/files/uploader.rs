//! Uploads: announces files to the room and sends them in chunks (tus 1.0.0) until the server has all of each file.
//!
//! A chunk is a slice of the file that the browser reads from disk itself. Its bytes pass through the memory of this
//! program only once, in small pieces, to compute the checksum. How much of a file has arrived is read from the room's
//! state, as on every other member's page.

mod adding;
mod chunk;
mod pace;
mod protocol;
mod queue;
mod resume;
mod sender;
mod sum;
mod thumbnails;
mod total;
mod upload;
mod upload_state;

use std::{collections::HashMap, rc::Rc, time::Duration};

use futures::future::abortable;
use gloo_file::Blob;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use web_sys::File;

use super::{kept_files, picked_file::PickedFile, speed::Speed};
use crate::{
    browser::system::{
        tab_lock::TabLock,
        throttle::{Throttle, Turn},
        toasts::Toasts,
    },
    room::{FileId, Pin},
    wire::ProblemCode,
};
use adding::Waiting;
use pace::ChunkSize;
use queue::Queue;
use thumbnails::ThumbnailQueue;

use crate::browser::system::clock;
pub use resume::Unfinished;
pub use total::Total;
use upload::{Source, Upload};
pub use upload_state::UploadState;

/// How often those are told of finished files who show the total.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// The uploads of this browser. File rows and the upload bar show their progress.
#[derive(Clone, Copy, Debug)]
pub struct Uploads {
    uploads: RwSignal<HashMap<FileId, Upload>>,
    /// Each source is bound to the browser's one thread. The table is not: on the server it is always empty, and may be
    /// dropped on any thread.
    sources: StoredValue<HashMap<FileId, SendWrapper<Source>>>,
    queue: StoredValue<Queue>,
    chunk_size: StoredValue<ChunkSize>,
    speed: RwSignal<Speed>,
    thumbnails: ThumbnailQueue,
    /// The files that were picked and are not announced yet.
    waiting: RwSignal<Waiting>,
    /// The number and the bytes of the files that were finished since the last time that nothing was left to send.
    finished: RwSignal<(usize, u64)>,
    /// How often those are told who show the total.
    told: StoredValue<Throttle>,
    toasts: Toasts,
}

impl Uploads {
    /// Starts without uploads, and shares them through the context.
    pub fn provide(toasts: Toasts) -> Self {
        let uploads = Self {
            uploads: RwSignal::new(HashMap::new()),
            sources: StoredValue::new(HashMap::new()),
            queue: StoredValue::new(Queue::default()),
            chunk_size: StoredValue::new(ChunkSize::default()),
            speed: RwSignal::new(Speed::default()),
            thumbnails: ThumbnailQueue::none(),
            waiting: RwSignal::new(Waiting::default()),
            finished: RwSignal::new((0, 0)),
            told: StoredValue::new(Throttle::new(TOLD_EVERY)),
            toasts,
        };
        provide_context(uploads);
        uploads
    }

    /// The state of a file's upload, if this browser sends the file. An effect or view that calls this runs again when
    /// the state changes.
    #[must_use]
    pub fn state(self, id: FileId) -> Option<UploadState> {
        self.upload(id).map(|upload| upload.state.get())
    }

    /// The same as [`Self::state`], but the caller does not run again.
    #[must_use]
    pub fn state_untracked(self, id: FileId) -> Option<UploadState> {
        self.upload_untracked(id).map(|upload| upload.state.get_untracked())
    }

    /// How many bytes of a file have left this browser, acknowledged or not, if this browser sends the file.
    #[must_use]
    pub fn sent_bytes(self, id: FileId) -> Option<u64> {
        self.upload(id).map(|upload| upload.sent_bytes.get())
    }

    /// Whether this browser sends the file. An effect or view that calls this does not run again when the upload makes
    /// progress.
    #[must_use]
    pub fn holds(self, id: FileId) -> bool {
        self.uploads.with(|uploads| uploads.contains_key(&id))
    }

    /// The sum of all uploads, including the files that are not announced yet.
    #[must_use]
    pub fn total(self) -> Total {
        let mut total = Total { bytes_per_second: self.speed.with(Speed::bytes_per_second), ..Total::default() };
        (total.finished, total.sent_bytes) = self.finished.get();
        self.waiting.with(|waiting| {
            (total.files, total.size_bytes) = (waiting.files, total.sent_bytes + waiting.size_bytes);
            if waiting.paused.is_some() {
                total.paused = waiting.files;
            } else {
                total.active = waiting.files;
            }
        });
        self.uploads.with(|uploads| {
            for upload in uploads.values() {
                total.files += 1;
                total.size_bytes += upload.size_bytes;
                total.sent_bytes += upload.sent_bytes.get();
                match upload.state.get() {
                    UploadState::Paused => total.paused += 1,
                    UploadState::Failed { .. } => {}
                    UploadState::Waiting | UploadState::Sending | UploadState::Retrying => total.active += 1,
                }
            }
        });
        total
    }

    /// Starts the upload of a file that has been announced. `offset` is how many bytes the server has; if it is `None`,
    /// the server is asked.
    fn begin(self, pin: &Pin, id: FileId, picked: PickedFile, lock: Rc<TabLock>, offset: Option<u64>) {
        let size_bytes = picked.size_bytes;
        let upload = Upload {
            state: RwSignal::new(UploadState::Waiting),
            sent_bytes: RwSignal::new(0),
            arrived_bytes: StoredValue::new(0),
            size_bytes,
        };
        if let Some(handle) = picked.handle {
            kept_files::keep(pin.clone(), id, handle);
        }
        let source = Source { pin: pin.clone(), file: picked.file, offset, stop: None, lock };
        self.sources.update_value(|sources| drop(sources.insert(id, SendWrapper::new(source))));
        self.uploads.update(|uploads| {
            uploads.insert(id, upload);
        });
        self.resume(id);
    }

    /// Puts an upload into the queue, also after it was paused or has failed.
    pub fn resume(self, id: FileId) {
        let Some(upload) = self.upload_untracked(id) else { return };
        self.set(id, UploadState::Waiting);
        self.queue.update_value(|queue| queue.add(id, upload.size_bytes));
        self.pump();
    }

    /// Stops an upload until it is resumed.
    pub fn pause(self, id: FileId) {
        self.stop(id);
        self.set(id, UploadState::Paused);
        self.pump();
    }

    /// Pauses everything that is being sent or waits, and returns the files whose uploads were paused.
    pub fn pause_all(self) -> Vec<FileId> {
        self.pause_adding();
        let paused = self.ids(|state| !matches!(state, UploadState::Paused | UploadState::Failed { .. }));
        for id in &paused {
            self.stop(*id);
            self.set(*id, UploadState::Paused);
        }
        paused
    }

    /// Resumes everything that is paused or failed.
    pub fn resume_all(self) {
        self.go_on_adding();
        for id in self.ids(|state| matches!(state, UploadState::Paused | UploadState::Failed { .. })) {
            self.resume(id);
        }
    }

    /// Stops an upload for good. The caller removes the file from the room.
    pub fn cancel(self, id: FileId) {
        self.stop(id);
        self.forget(id);
        self.pump();
    }

    /// The ids of all files that this browser sends.
    #[must_use]
    pub fn all(self) -> Vec<FileId> {
        self.ids(|_| true)
    }

    /// Starts as many waiting uploads as the queue allows.
    fn pump(self) {
        while let Some(id) = self.queue.try_update_value(Queue::start_next).flatten() {
            let source = self.sources.try_update_value(|sources| {
                let kept = sources.get_mut(&id)?;
                let source = kept.clone();
                // The offset is correct only for this attempt; a later one asks the server.
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
                // An upload that was aborted already has its new state from the caller of `stop`.
                let Ok(outcome) = sending.await else { return };
                self.queue.update_value(|queue| queue.remove(id));
                match outcome {
                    Ok(()) => {
                        let size_bytes = self.upload_untracked(id).map_or(0, |upload| upload.size_bytes);
                        self.count_finished(size_bytes);
                        self.forget(id);
                    }
                    // The file was removed or the room was closed meanwhile: no row is left to show the problem in.
                    Err(problem) if matches!(problem.code, ProblemCode::NoSuchFile | ProblemCode::NoSuchRoom | ProblemCode::RoomClosed) => {
                        self.forget(id)
                    }
                    Err(problem) => self.set(id, UploadState::Failed { code: problem.code }),
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

    fn set(self, id: FileId, state: UploadState) {
        if let Some(upload) = self.upload_untracked(id)
            && upload.state.with_untracked(|known| *known != state)
        {
            // Bytes that have left but were not acknowledged have to be sent again.
            if state != UploadState::Sending {
                upload.sent_bytes.set(upload.arrived_bytes.get_value());
            }
            upload.state.set(state);
        }
    }

    /// Records how many bytes of a file the server has, as it reported.
    fn record_arrived(self, id: FileId, arrived_bytes: u64) {
        if let Some(upload) = self.upload_untracked(id) {
            upload.arrived_bytes.set_value(arrived_bytes);
            self.record_sent(id, arrived_bytes);
        }
    }

    /// Records how many bytes of a file have left this browser.
    fn record_sent(self, id: FileId, sent_bytes: u64) {
        let Some(upload) = self.upload_untracked(id) else { return };
        let before = upload.sent_bytes.get_untracked();
        if before != sent_bytes {
            upload.sent_bytes.set(sent_bytes);
            // The first report of a continued upload includes bytes of earlier visits, which are not part of the speed.
            if before > 0 {
                self.speed.update(|speed| speed.add(clock::now_secs(), sent_bytes.saturating_sub(before)));
            }
        }
    }

    fn chunk_bytes(self) -> u64 {
        self.chunk_size.get_value().bytes()
    }

    /// Adapts the size of chunks to what became of one.
    fn adapt_chunks<R>(self, adapt: impl FnOnce(&mut ChunkSize) -> R) -> Option<R> {
        self.chunk_size.try_update_value(adapt)
    }

    fn forget(self, id: FileId) {
        let source = self.sources.try_update_value(|sources| sources.remove(&id)).flatten();
        if let Some(source) = source {
            kept_files::forget(source.take().pin, id);
        }
        self.uploads.update(|uploads| {
            uploads.remove(&id);
        });
        self.rest();
    }

    fn count_finished(self, size_bytes: u64) {
        self.finished.update_untracked(|(files, bytes)| {
            *files += 1;
            *bytes += size_bytes;
        });
        self.tell();
    }

    /// Tells those who show the total that `waiting` or `finished` has changed, but not for each of many small files: drawing
    /// the page takes longer than sending one.
    fn tell(self) {
        let notify = move || {
            self.waiting.notify();
            self.finished.notify();
        };
        match self.told.try_update_value(|told| told.turn(clock::now_secs())) {
            Some(Turn::Now) => notify(),
            Some(Turn::After(wait)) => set_timeout(
                move || {
                    self.told.update_value(|told| told.happened(clock::now_secs()));
                    notify();
                },
                wait,
            ),
            Some(Turn::Due) | None => {}
        }
    }

    /// Begins to count anew if nothing is left to send. Later uploads may go over another network, for which the measured
    /// speed would be wrong.
    fn rest(self) {
        if self.uploads.with_untracked(HashMap::is_empty) && self.waiting.with_untracked(|waiting| waiting.files == 0) {
            self.speed.set(Speed::default());
            self.finished.set((0, 0));
        }
    }

    fn ids(self, wanted: impl Fn(&UploadState) -> bool) -> Vec<FileId> {
        self.uploads.with_untracked(|uploads| {
            uploads.iter().filter(|(_, upload)| upload.state.with_untracked(&wanted)).map(|(id, _)| *id).collect()
        })
    }

    fn upload(self, id: FileId) -> Option<Upload> {
        self.uploads.with(|uploads| uploads.get(&id).copied())
    }

    fn upload_untracked(self, id: FileId) -> Option<Upload> {
        self.uploads.with_untracked(|uploads| uploads.get(&id).copied())
    }
}

/// The uploads of this page.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_uploads() -> Uploads {
    use_context().expect("the app provides uploads")
}

/// The name of the [`TabLock`] that a tab holds while it sends the file.
fn lock_name(pin: &Pin, id: FileId) -> String {
    format!("upload {pin}/{id}")
}

/// The whole file as a [`Blob`], from which chunks are sliced.
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
        std::thread::spawn(move || page.cleanup()).join().expect("a page that a server rendered holds nothing that is bound to one thread");
    }
}
