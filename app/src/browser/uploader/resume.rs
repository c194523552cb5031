//! Going on with files that an earlier visit did not finish: with handles that the browser kept, or with
//! files that the person picks again. The server knows how much it has; here it is made sure that the
//! rest comes from the same file.

use js_sys::Uint8Array;
use leptos::task::spawn_local;
use web_sys::File;

use super::{PickedFile, Uploads, chunk, slice_of};
use crate::{
    browser::{api, kept_files},
    room::{FileEntry, FileId, FileState, Pin},
    wire::{Problem, ProblemCode},
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
    /// How much of it is there, in bytes.
    pub offset_bytes: u64,
    /// When it was last changed, if that was told.
    pub modified_at_ms: Option<u64>,
}

impl Unfinished {
    /// What has to be known of a file to go on with it; nothing for one that is complete.
    #[must_use]
    pub fn of(file: &FileEntry) -> Option<Self> {
        let size_bytes = file.size_bytes.filter(|_| file.state != FileState::Complete)?;
        let FileEntry { id, offset_bytes, modified_at_ms, .. } = *file;
        Some(Self { id, name: file.name.to_string(), size_bytes, offset_bytes, modified_at_ms })
    }

    /// Whether a file may be this one, by what can be seen from outside.
    fn resembles(&self, file: &File) -> bool {
        self.name == file.name() && self.size_bytes == slice_of(file).size() && self.is_as_old_as(file)
    }

    fn is_as_old_as(&self, file: &File) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        self.modified_at_ms.is_none_or(|moment| (moment as f64 - file.last_modified()).abs() < 1.0)
    }

    /// Whether a file begins with what is there of this one.
    async fn begins_like(&self, pin: &Pin, file: &File) -> Result<bool, Problem> {
        let first = 0..self.offset_bytes.min(COMPARED_BYTES);
        let last = self.offset_bytes.saturating_sub(COMPARED_BYTES).max(first.end)..self.offset_bytes;
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
}

impl Uploads {
    /// Goes on with every unfinished file whose handle the browser kept and still allows to read;
    /// returns how many it would allow if it was asked, which only a person's gesture may do.
    pub async fn go_on_alone(self, pin: &Pin, unfinished: &[Unfinished]) -> usize {
        let mut asking = 0;
        for kept in kept_files::of_room(pin, unfinished).await {
            match kept.allowed().await {
                kept_files::Allowed::Yes => self.go_on_with(pin, kept).await,
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
                let name = picked.file.name();
                let named = unfinished.iter().any(|file| file.name == name);
                match continued(self, &pin, &picked, &mut unfinished).await {
                    Some(id) => self.begin(&pin, id, picked),
                    None if named => self.toasts.show(format!("“{name}” has changed since. It was not continued.")),
                    None => self.toasts.show(format!("“{name}” is none of the unfinished files.")),
                }
            }
        });
    }

    async fn go_on_with(self, pin: &Pin, kept: kept_files::KeptFile) {
        let file = kept.unfinished.clone();
        let Some(picked) = kept.open().await else { return };
        match continued(self, pin, &picked, &mut vec![file.clone()]).await {
            Some(id) => self.begin(pin, id, picked),
            None => self.toasts.show(format!("“{}” has changed since. It was not continued.", file.name)),
        }
    }
}

/// Which of the unfinished files a picked one is: by name, length and time, and by the bytes that are
/// there. It is taken off the list then.
pub(super) async fn continued(uploads: Uploads, pin: &Pin, picked: &PickedFile, unfinished: &mut Vec<Unfinished>) -> Option<FileId> {
    let index = unfinished.iter().position(|file| !uploads.holds_untracked(file.id) && file.resembles(&picked.file))?;
    match unfinished[index].begins_like(pin, &picked.file).await {
        Ok(true) => Some(unfinished.remove(index).id),
        Ok(false) => None,
        // The bytes cannot be compared now; sending them would be a guess.
        Err(Problem { code: ProblemCode::NoSuchFile, .. }) => None,
        Err(problem) => {
            uploads.toasts.show(problem.detail);
            None
        }
    }
}
