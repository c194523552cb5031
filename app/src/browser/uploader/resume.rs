//! Going on with files that an earlier visit did not finish: with handles that the browser kept, or with
//! files that the person picks again. The server knows how much it has; here it is made sure that the
//! rest comes from the same file.

use std::rc::Rc;

use js_sys::Uint8Array;
use leptos::{prelude::*, task::spawn_local};
use web_sys::File;

use super::{PickedFile, Transfer, Uploads, chunk, lock_name, protocol, sender, slice_of};
use crate::{
    browser::{
        api, kept_files,
        tab_lock::{self, TabLock},
    },
    i18n::t,
    room::{FileEntry, FileId, FileState, Pin},
    wire::{self, Problem, ProblemCode},
};

/// How many bytes at the beginning and at the end of what is there are compared.
const COMPARED_BYTES: u64 = 1 << 20;

/// A file of the room that is not all there, and that nobody sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Which file.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// Its whole length in bytes.
    pub size_bytes: u64,
    /// When it was last changed, if that was told.
    pub modified_at_ms: Option<u64>,
}

impl Unfinished {
    /// What has to be known of a file to go on with it; nothing for one that is complete.
    #[must_use]
    pub fn of(file: &FileEntry) -> Option<Self> {
        let size_bytes = file.size_bytes.filter(|_| file.state != FileState::Complete)?;
        let FileEntry { id, modified_at_ms, .. } = *file;
        Some(Self { id, name: file.name.to_string(), size_bytes, modified_at_ms })
    }

    /// Whether a file may be this one, by what can be seen from outside.
    fn resembles(&self, picked: &PickedFile) -> bool {
        self.name == picked.name() && self.size_bytes == slice_of(&picked.file).size() && self.is_as_old_as(&picked.file)
    }

    fn is_as_old_as(&self, file: &File) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        self.modified_at_ms.is_none_or(|moment| (moment as f64 - file.last_modified()).abs() < 1.0)
    }

    /// Whether a file begins with the `offset_bytes` that are there of this one.
    async fn begins_like(&self, pin: &Pin, file: &File, offset_bytes: u64) -> Result<bool, Problem> {
        let first = 0..offset_bytes.min(COMPARED_BYTES);
        let last = offset_bytes.saturating_sub(COMPARED_BYTES).max(first.end)..offset_bytes;
        for range in [first, last] {
            if range.is_empty() {
                continue;
            }
            let there = api::part_of_file(pin, self.id, range.clone()).await?;
            let length = range.end - range.start;
            let here = chunk::read(&slice_of(file).slice(range.start, range.end), length).await?;
            if Uint8Array::new(&here).to_vec() != there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How a file stands to this one. The server is asked how much is there: what the room saw arrive may
    /// have been a chunk that never became whole.
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

/// How a file of this device stands to an unfinished one of the room.
enum Comparison {
    /// It may go on.
    Same,
    /// Other bytes.
    Other,
    /// Nothing is left to be done: complete, or removed.
    Done,
}

impl Uploads {
    /// Goes on with every unfinished file whose handle the browser kept and still allows to read;
    /// returns how many it would allow if it was asked, which only a person's gesture may do.
    pub async fn go_on_alone(self, pin: &Pin, unfinished: &[Unfinished]) -> usize {
        let mut asking = 0;
        for kept in kept_files::of_room(pin, unfinished).await {
            match kept.allowed().await {
                // Each for itself: another tab may be sending it, until it is closed.
                kept_files::Allowed::Yes => {
                    let pin = pin.clone();
                    spawn_local(async move { self.go_on_with(&pin, kept).await });
                }
                kept_files::Allowed::Ask => asking += 1,
                kept_files::Allowed::No => {}
            }
        }
        asking
    }

    /// Asks for permission to read the kept files and goes on with those.
    pub fn ask_and_go_on(self, pin: Pin, unfinished: Vec<Unfinished>) {
        spawn_local(async move {
            for kept in kept_files::of_room(&pin, &unfinished).await {
                if kept.ask().await {
                    self.go_on_with(&pin, kept).await;
                }
            }
        });
    }

    /// Goes on with files that were picked again. What is none of the unfinished ones is not taken.
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

    /// Whether a picked file may be the rest of this one: nobody sends it here, or its sending failed.
    fn may_take(self, id: FileId) -> bool {
        self.upload_untracked(id)
            .is_none_or(|upload| upload.transfer.with_untracked(|transfer| matches!(transfer, Transfer::Failed { .. })))
    }

    /// The right to send a file; nothing if another tab has it.
    async fn lock(self, pin: &Pin, id: FileId) -> Option<Rc<TabLock>> {
        match self.sources.with_value(|sources| sources.get(&id).map(|source| Rc::clone(&source.lock))) {
            Some(lock) => Some(lock),
            None => tab_lock::try_hold(&lock_name(pin, id)).await.map(Rc::new),
        }
    }

    /// Goes on with a kept file as soon as no other tab sends it.
    async fn go_on_with(self, pin: &Pin, kept: kept_files::KeptFile) {
        let file = kept.unfinished.clone();
        let lock = tab_lock::hold(&lock_name(pin, file.id)).await;
        let Some(picked) = kept.open().await else { return };
        let mut failures = 0;
        loop {
            match file.compare(pin, &picked).await {
                Ok(Comparison::Same) => return self.begin(pin, file.id, picked, Rc::new(lock), None),
                Ok(Comparison::Other) => return self.toasts.show(t().has_changed(&file.name)),
                Ok(Comparison::Done) => return,
                Err(problem) if sender::is_temporary(&problem) => {
                    failures += 1;
                    sender::wait(failures).await;
                }
                Err(problem) => return self.toasts.show(t().not_continued(&file.name, &problem.detail)),
            }
        }
    }
}

/// Which of the unfinished files a picked one is: by name, length and time, and by the bytes that are
/// there. It is taken off the list then.
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
