//! Continues uploads that an earlier visit did not finish: with handles that the browser kept, or with files that the
//! person picks again. The server knows how much it has; the code here makes sure that the rest comes from the same
//! file.

use std::rc::Rc;

use gloo_timers::future::sleep;
use js_sys::Uint8Array;
use leptos::{prelude::*, task::spawn_local};
use web_sys::File;

use super::{PickedFile, UploadState, Uploads, chunk, lock_name, protocol, slice_of};
use crate::{
    browser::{
        api,
        files::kept_files::{self, Allowed, KeptFile},
        system::{
            backoff,
            tab_lock::{self, TabLock},
        },
    },
    i18n::t,
    room::{FileEntry, FileId, FileState, Pin},
    wire::{self, Problem, ProblemCode},
};

/// How many bytes are compared at the beginning and at the end of what the server has.
const COMPARED_BYTES: u64 = 1 << 20;

/// A file of the room of which the server does not have all bytes. This page or another tab may be sending it; that is
/// checked before it is continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The file's id.
    pub id: FileId,
    /// The file's name in the room, with its folders.
    pub name: String,
    /// The length of the whole file in bytes.
    pub size_bytes: u64,
    /// When the file was last changed, in milliseconds since 1970, if its sender told that.
    pub modified_at_ms: Option<u64>,
}

impl Unfinished {
    /// Returns what has to be known of a file to continue it, or `None` if it is complete or has no declared length.
    #[must_use]
    pub fn of(file: &FileEntry) -> Option<Self> {
        let size_bytes = file.size_bytes.filter(|_| file.state != FileState::Complete)?;
        let FileEntry { id, modified_at_ms, .. } = *file;
        Some(Self { id, name: file.name.to_string(), size_bytes, modified_at_ms })
    }

    /// Whether a picked file may be this one: whether its name, length and time of change are the same.
    fn resembles(&self, picked: &PickedFile) -> bool {
        self.name == picked.name() && self.size_bytes == picked.size_bytes && self.is_as_old_as(&picked.file)
    }

    fn is_as_old_as(&self, file: &File) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        self.modified_at_ms.is_none_or(|moment| (moment as f64 - file.last_modified()).abs() < 1.0)
    }

    /// Whether a file begins with the `offset_bytes` that the server has of this one. Only the first and the last
    /// [`COMPARED_BYTES`] of them are compared.
    async fn begins_like(&self, pin: &Pin, file: &File, offset_bytes: u64) -> Result<bool, Problem> {
        let first = 0..offset_bytes.min(COMPARED_BYTES);
        let last = offset_bytes.saturating_sub(COMPARED_BYTES).max(first.end)..offset_bytes;
        for range in [first, last] {
            if range.is_empty() {
                continue;
            }
            let there = api::byte_range_of_file(pin, self.id, range.clone()).await?;
            let length = range.end - range.start;
            let here = chunk::read(&slice_of(file).slice(range.start, range.end), length).await?;
            if Uint8Array::new(&here).to_vec() != there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Compares a picked file with this one. The server is asked for the offset, because the progress in the room's
    /// state may include bytes of a chunk that was never completed.
    async fn compare(&self, pin: &Pin, picked: &PickedFile) -> Result<Comparison, Problem> {
        if !self.resembles(picked) {
            return Ok(Comparison::Other);
        }
        match protocol::ask_offset(&wire::file(pin, self.id)).await {
            Ok(offset_bytes) if offset_bytes >= self.size_bytes => Ok(Comparison::Done),
            Ok(offset_bytes) if self.begins_like(pin, &picked.file, offset_bytes).await? => Ok(Comparison::Same),
            Ok(_) => Ok(Comparison::Other),
            Err(Problem { code: ProblemCode::NoSuchFile | ProblemCode::NotAMember, .. }) => Ok(Comparison::Done),
            Err(problem) => Err(problem),
        }
    }
}

/// The result of comparing a file of this device with an unfinished one of the room.
enum Comparison {
    /// It is the same file, whose upload can go on.
    Same,
    /// It is another file.
    Other,
    /// Nothing is left to be done: the file of the room is complete or was removed.
    Done,
}

impl Uploads {
    /// Continues every unfinished file whose handle the browser kept and still allows to read. Returns how many further
    /// files could be read if the person agreed; the browser asks for that only in response to a user gesture.
    pub async fn go_on_alone(self, pin: &Pin, unfinished: &[Unfinished]) -> usize {
        let mut asking = 0;
        for file in unfinished {
            let Some(kept) = kept_files::find(pin, file.id).await else { continue };
            match kept.allowed().await {
                // Each file has its own task, because it may have to wait until another tab that sends it is closed.
                Allowed::Yes => {
                    let (pin, file) = (pin.clone(), file.clone());
                    spawn_local(async move { self.go_on_with(&pin, file, kept).await });
                }
                Allowed::Ask => asking += 1,
                Allowed::No => {}
            }
        }
        asking
    }

    /// Asks the person for permission to read the kept files, and continues those that may be read. The caller handles
    /// a user gesture.
    pub fn ask_and_go_on(self, pin: Pin, unfinished: Vec<Unfinished>) {
        spawn_local(async move {
            for file in unfinished {
                if let Some(kept) = kept_files::find(&pin, file.id).await
                    && kept.ask().await
                {
                    self.go_on_with(&pin, file, kept).await;
                }
            }
        });
    }

    /// Continues unfinished files with files that were picked again. A picked file that is none of the unfinished ones
    /// is refused with a toast.
    pub fn go_on_with_picked(self, pin: Pin, files: Vec<PickedFile>, mut unfinished: Vec<Unfinished>) {
        spawn_local(async move {
            for picked in files {
                let name = picked.name();
                let named = unfinished.iter().any(|file| file.name == name);
                match continued(self, &pin, &picked, &mut unfinished).await {
                    Ok(Some((id, lock))) => self.begin(&pin, id, picked, lock, None),
                    Ok(None) if named => self.toasts.show(t().has_changed(&name)),
                    Ok(None) => self.toasts.show(t().not_unfinished(&name)),
                    Err(problem) => self.toasts.show(t().not_continued(&name, &problem.detail)),
                }
            }
        });
    }

    /// Whether a picked file may continue this one: this page does not send it, or its upload has failed.
    fn may_take(self, id: FileId) -> bool {
        self.upload_untracked(id).is_none_or(|upload| upload.state.with_untracked(|state| matches!(state, UploadState::Failed { .. })))
    }

    /// Returns the tab lock for sending a file, or `None` if another tab holds it. A failed upload of this page still
    /// holds the lock, which is then shared.
    async fn lock(self, pin: &Pin, id: FileId) -> Option<Rc<TabLock>> {
        match self.sources.with_value(|sources| sources.get(&id).map(|source| Rc::clone(&source.lock))) {
            Some(lock) => Some(lock),
            None => tab_lock::try_hold(&lock_name(pin, id)).await.map(Rc::new),
        }
    }

    /// Continues a kept file as soon as no other tab sends it.
    async fn go_on_with(self, pin: &Pin, file: Unfinished, kept: KeptFile) {
        let lock = tab_lock::hold(&lock_name(pin, file.id)).await;
        let Some(picked) = kept.open().await else { return };
        let mut failures = 0;
        loop {
            match file.compare(pin, &picked).await {
                Ok(Comparison::Same) => return self.begin(pin, file.id, picked, Rc::new(lock), None),
                Ok(Comparison::Other) => return self.toasts.show(t().has_changed(&file.name)),
                Ok(Comparison::Done) => return,
                Err(problem) if backoff::is_temporary(&problem) => match backoff::asked(&problem) {
                    Some(wait) => sleep(wait).await,
                    None => {
                        failures += 1;
                        backoff::wait(failures).await;
                    }
                },
                Err(problem) => return self.toasts.show(t().not_continued(&file.name, &problem.detail)),
            }
        }
    }
}

/// Finds the unfinished file that a picked one continues: name, length and time have to be the same, and the bytes that
/// the server has. That file is then removed from the list, and returned together with the tab lock for sending it.
pub(super) async fn continued(
    uploads: Uploads,
    pin: &Pin,
    picked: &PickedFile,
    unfinished: &mut Vec<Unfinished>,
) -> Result<Option<(FileId, Rc<TabLock>)>, Problem> {
    let Some(index) = unfinished.iter().position(|file| uploads.may_take(file.id) && file.resembles(picked)) else {
        return Ok(None);
    };
    let id = unfinished[index].id;
    let Some(lock) = uploads.lock(pin, id).await else {
        return Err(Problem::new(ProblemCode::UploadTakenOver, t().problem_other_tab()));
    };
    match unfinished[index].compare(pin, picked).await? {
        Comparison::Same => Ok(Some((unfinished.remove(index).id, lock))),
        Comparison::Other => Ok(None),
        Comparison::Done => Err(Problem::new(ProblemCode::NoSuchFile, t().problem_finished_meanwhile())),
    }
}
