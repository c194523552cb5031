//! Adding files to the room: one after the other, so that the list has their order, and as often as it takes.

use std::rc::Rc;

use futures::future::abortable;
use js_sys::Math::random;
use leptos::{prelude::*, task::spawn_local};

use super::{
    PickedFile, Uploads,
    chunk::Chunk,
    lock_name,
    protocol::{self, Announced},
    resume::{self, Unfinished},
    sender, slice_of,
};
use crate::{
    browser::{page, tab_lock},
    i18n::t,
    room::Pin,
    wire::{Problem, ProblemCode},
};

/// Up to this size, in bytes, a file comes with its announcement: the server takes it in in one step.
const SMALL_BYTES: u64 = 256 << 10;
/// When one of those takes longer, in seconds, the others are announced without their bytes, so that everybody
/// soon sees all that will come.
const QUICK_SECS: f64 = 0.25;

/// Files that are still to be announced.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    pub(super) files: usize,
    pub(super) size_bytes: u64,
}

/// What became known of the network while files were announced.
struct Network {
    /// Small files are through at once.
    is_quick: bool,
    /// Announcements in a row that did not get through.
    failures: u32,
}

impl Uploads {
    /// Announces files to the room, so that everybody sees them, and sends them. A file that is an
    /// unfinished one of the room goes on instead.
    pub fn add(self, pin: Pin, files: Vec<PickedFile>, unfinished: Vec<Unfinished>) {
        if self.waiting.with_untracked(|waiting| waiting.files == 0) {
            self.additions.update_value(Vec::clear);
        }
        self.waiting.update(|waiting| {
            waiting.files += files.len();
            waiting.size_bytes += files.iter().map(size_of).sum::<u64>();
        });
        let (adding, call_off) = abortable(async move {
            let mut unfinished = unfinished;
            let mut network = Network { is_quick: true, failures: 0 };
            for picked in files {
                if let Err(problem) = self.add_one(&pin, &picked, &mut unfinished, &mut network).await {
                    self.toasts.show(t().not_added(&picked.name(), &problem.detail));
                }
                self.waiting.update(|waiting| {
                    waiting.files -= 1;
                    waiting.size_bytes -= size_of(&picked);
                });
            }
        });
        self.additions.update_value(|additions| additions.push(call_off));
        // Whoever called it off knows.
        spawn_local(async move { adding.await.unwrap_or_default() });
    }

    /// Adds none of the files that are not announced yet.
    pub fn stop_adding(self) {
        self.additions.update_value(|additions| additions.drain(..).for_each(|addition| addition.abort()));
        self.waiting.set(Waiting::default());
    }

    async fn add_one(self, pin: &Pin, picked: &PickedFile, unfinished: &mut Vec<Unfinished>, network: &mut Network) -> Result<(), Problem> {
        if let Some((id, lock)) = resume::continued(self, pin, picked, unfinished).await? {
            self.begin(pin, id, picked.clone(), lock, None);
            return Ok(());
        }
        let Announced { id, offset } = self.announce(pin, picked, network).await?;
        let size = size_of(picked);
        if offset < size {
            let lock = tab_lock::hold(&lock_name(pin, id)).await;
            self.begin(pin, id, picked.clone(), Rc::new(lock), Some(offset));
        }
        if size > 0 {
            self.sitters.add(pin, id, &picked.file);
        }
        Ok(())
    }

    /// Announces a file until the server has said so. It is one file however often that takes.
    async fn announce(self, pin: &Pin, picked: &PickedFile, network: &mut Network) -> Result<Announced, Problem> {
        let key = format!("{}{}", random(), random());
        let file = slice_of(&picked.file);
        loop {
            let is_small = (1..=SMALL_BYTES).contains(&file.size());
            let content = if is_small && network.is_quick { Some(Chunk::prepare(&file, 0, file.size()).await?) } else { None };
            let begun = page::now_secs();
            let problem = match protocol::announce(pin, picked, &key, content.as_ref()).await {
                Ok(announced) => {
                    network.failures = 0;
                    network.is_quick &= content.is_none() || page::now_secs() - begun <= QUICK_SECS;
                    return Ok(announced);
                }
                Err(problem) => problem,
            };
            network.failures += 1;
            let is_over = network.failures >= sender::MAX_FAILURES && page::is_online();
            if is_over || !matches!(problem.code, ProblemCode::Unavailable | ProblemCode::ChecksumMismatch) {
                return Err(problem);
            }
            if network.failures == 1 {
                self.toasts.show(t().added_later(&picked.name()));
            }
            sender::wait(network.failures).await;
        }
    }
}

fn size_of(picked: &PickedFile) -> u64 {
    slice_of(&picked.file).size()
}
