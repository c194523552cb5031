//! Announces picked files to the room, each again and again until the server has answered. Large files are announced one
//! after the other, so that the room lists them in the order in which they were picked; of many small ones, several are
//! on their way at once.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures::{
    StreamExt as _,
    channel::oneshot,
    future::{Either, select},
    stream::FuturesUnordered,
};
use gloo_timers::future::sleep;
use js_sys::Math::random;
use leptos::{prelude::*, task::spawn_local};

use super::{
    PickedFile, Uploads,
    chunk::Content,
    lock_name,
    protocol::{self, CreatedUpload},
    resume::{self, Unfinished},
    slice_of,
};
use crate::browser::system::{backoff, clock};
use crate::{
    browser::{
        api::{self, unreachable},
        system::tab_lock,
    },
    i18n::t,
    room::Pin,
    wire::{Problem, ProblemCode},
};

/// Up to this size, in bytes, a file is sent together with its announcement, which takes only one request.
const SMALL_BYTES: u64 = 256 << 10;
/// How many small files are announced at once: as many requests as browsers make of one server over HTTP/1.1.
const AT_ONCE: usize = 6;
/// After so many files one more is announced at once. A few files that were picked together are thus listed in their
/// order, and a slow server is not flooded.
const FILES_FOR_ONE_MORE: usize = 8;
/// When one of those announcements takes longer than this, in seconds, the other files are announced without their
/// content. The content is then uploaded by itself, with its own progress.
const QUICK_SECS: f64 = 1.0;
/// How long to wait for the answer to an announcement before the request counts as lost. The answer is only a few
/// bytes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The number and total size of the files that are still to be announced, and whether adding is paused or cancelled.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) files: usize,
    pub(super) size_bytes: u64,
    /// Set while the person has paused everything. Each task that waits for the end of the pause holds the receiver of
    /// one of these senders; dropping the senders wakes the tasks.
    pub(super) paused: Option<Vec<oneshot::Sender<()>>>,
    /// How often adding was cancelled. A batch that started with a lower number is cancelled.
    cancellations: u32,
}

/// Files that were picked together.
struct Batch {
    pin: Pin,
    unfinished: RefCell<Vec<Unfinished>>,
    /// Whether small files are still sent with their announcement: so far none of them has failed or taken longer than
    /// [`QUICK_SECS`].
    is_quick: Cell<bool>,
    /// Announcements in a row that failed.
    failures: Cell<u32>,
    /// The value of [`Waiting::cancellations`] when the batch was picked.
    cancellations: u32,
}

impl Uploads {
    /// Announces files to the room, so that all members see them, and sends them. A file that is one of the room's
    /// `unfinished` files is not announced again; its upload goes on.
    pub fn add(self, pin: Pin, files: Vec<PickedFile>, unfinished: Vec<Unfinished>) {
        self.go_on_adding();
        self.waiting.update(|waiting| {
            waiting.files += files.len();
            waiting.size_bytes += files.iter().map(|picked| picked.size_bytes).sum::<u64>();
        });
        let cancellations = self.waiting.with_untracked(|waiting| waiting.cancellations);
        let batch = Batch { pin, unfinished: RefCell::new(unfinished), is_quick: Cell::new(true), failures: Cell::new(0), cancellations };
        spawn_local(async move {
            self.add_all(&batch, files).await;
            self.thumbnails.make(move || self.waiting.with_untracked(|waiting| waiting.files == 0));
        });
    }

    async fn add_all(self, batch: &Batch, files: Vec<PickedFile>) {
        let mut files = files.into_iter().peekable();
        let mut under_way = FuturesUnordered::new();
        let mut answered = 0;
        loop {
            // A large file begins alone, so that those after it are listed after it.
            while let Some(next) = files.peek()
                && (under_way.is_empty() || (next.size_bytes <= SMALL_BYTES && under_way.len() < at_once(answered)))
                && let Some(picked) = files.next()
            {
                let is_alone = picked.size_bytes > SMALL_BYTES;
                under_way.push(async move {
                    let added = self.add_one(batch, &picked).await;
                    (picked, added)
                });
                if is_alone {
                    break;
                }
            }
            let Some((picked, added)) = under_way.next().await else { return };
            if self.is_cancelled(batch) {
                return;
            }
            answered += 1;
            self.no_longer_waits(&picked);
            if let Err(problem) = added {
                self.toasts.show(t().not_added(&picked.name(), &problem.detail));
                if is_final(&problem) {
                    files.by_ref().for_each(|picked| self.no_longer_waits(&picked));
                }
            }
        }
    }

    /// Cancels adding: files that are not announced yet are not added.
    pub fn cancel_adding(self) {
        self.waiting.update(|waiting| *waiting = Waiting { cancellations: waiting.cancellations + 1, ..Waiting::default() });
        self.rest();
    }

    /// Announces no further file until [`Self::go_on_adding`] is called.
    pub(super) fn pause_adding(self) {
        if self.waiting.with_untracked(|waiting| waiting.files > 0 && waiting.paused.is_none()) {
            self.waiting.update(|waiting| waiting.paused = Some(Vec::new()));
        }
    }

    pub(super) fn go_on_adding(self) {
        if self.waiting.with_untracked(|waiting| waiting.paused.is_some()) {
            self.waiting.update(|waiting| waiting.paused = None);
        }
    }

    fn is_cancelled(self, batch: &Batch) -> bool {
        self.waiting.with_untracked(|waiting| waiting.cancellations != batch.cancellations)
    }

    fn no_longer_waits(self, picked: &PickedFile) {
        self.waiting.update_untracked(|waiting| {
            waiting.files -= 1;
            waiting.size_bytes -= picked.size_bytes;
        });
        self.tell();
        self.rest();
    }

    async fn until_not_paused(self) {
        let resumed = self.waiting.try_update_untracked(|waiting| {
            let (resume, resumed) = oneshot::channel();
            waiting.paused.as_mut().map(|waiters| {
                waiters.push(resume);
                resumed
            })
        });
        if let Some(resumed) = resumed.flatten() {
            // The sender is dropped to resume; it never sends a value.
            resumed.await.unwrap_or_default();
        }
    }

    /// Adds a file, and tries again while the server is not available. All attempts have the same idempotency key, so
    /// that the server creates only one file.
    async fn add_one(self, batch: &Batch, picked: &PickedFile) -> Result<(), Problem> {
        let key = format!("{}{}", random(), random());
        let mut is_first_try = true;
        loop {
            self.until_not_paused().await;
            if self.is_cancelled(batch) {
                return Ok(());
            }
            match self.try_to_add(batch, picked, &key, is_first_try).await {
                Err(problem) if problem.code != ProblemCode::TooManyNewFiles && backoff::asked(&problem).is_some() => {
                    // Nothing is wrong; the server says how long it is busy.
                    sleep(backoff::asked(&problem).unwrap_or_default()).await;
                    continue;
                }
                Err(problem) if problem.code == ProblemCode::Unavailable => {}
                Err(problem) if problem.code == ProblemCode::TooManyNewFiles => {
                    // Nothing is wrong; the server only takes the many files in its own time.
                    backoff::wait(0).await;
                    continue;
                }
                outcome => {
                    batch.failures.set(0);
                    return outcome;
                }
            }
            is_first_try = false;
            batch.is_quick.set(false);
            batch.failures.set(batch.failures.get() + 1);
            if batch.failures.get() == 1 && !self.is_cancelled(batch) {
                self.toasts.show(t().added_later(&picked.name()));
            }
            backoff::wait(batch.failures.get()).await;
        }
    }

    async fn try_to_add(self, batch: &Batch, picked: &PickedFile, key: &str, is_first_try: bool) -> Result<(), Problem> {
        // Only those of the same name can be continued by it, and no other file that is announced meanwhile needs them.
        let mut unfinished: Vec<Unfinished> = batch.unfinished.borrow_mut().extract_if(.., |file| file.name == picked.name()).collect();
        let continued = resume::continued(self, &batch.pin, picked, &mut unfinished).await;
        batch.unfinished.borrow_mut().append(&mut unfinished);
        if let Some((id, lock)) = continued? {
            self.begin(&batch.pin, id, picked.clone(), lock, None);
            return Ok(());
        }
        let size = picked.size_bytes;
        // After a failed attempt the server may have some of the content. Later attempts send none, and the answer says
        // how much is there.
        let content = if (1..=SMALL_BYTES).contains(&size) && batch.is_quick.get() && is_first_try {
            Some(Content::read(&slice_of(&picked.file), size).await?)
        } else {
            None
        };
        let begun = clock::now_secs();
        let announcing = protocol::announce(&batch.pin, picked, key, content.as_ref());
        let CreatedUpload { id, offset } = match select(Box::pin(announcing), sleep(PATIENCE)).await {
            Either::Left((announced, _)) => announced?,
            Either::Right(_) => return Err(unreachable()),
        };
        if content.is_some() && clock::now_secs() - begun > QUICK_SECS {
            batch.is_quick.set(false);
        }
        if offset >= size {
            self.count_finished(offset);
        } else {
            let lock = tab_lock::hold(&lock_name(&batch.pin, id)).await;
            if !self.is_cancelled(batch) {
                self.begin(&batch.pin, id, picked.clone(), Rc::new(lock), Some(offset));
            }
        }
        if self.is_cancelled(batch) {
            // Adding was cancelled while this file was being announced.
            return api::remove_file(&batch.pin, id).await;
        }
        if size > 0 {
            self.thumbnails.add(&batch.pin, id, &picked.file);
        }
        Ok(())
    }
}

/// Whether the server would refuse the other files for the same reason.
fn is_final(problem: &Problem) -> bool {
    use ProblemCode::{NoSuchRoom, NotAMember, OwnerOnly, RoomClosed, TooManyRequests};
    matches!(problem.code, NoSuchRoom | RoomClosed | NotAMember | OwnerOnly | TooManyRequests)
}

/// How many small files may be on their way at once after so many of the batch have been `answered`.
fn at_once(answered: usize) -> usize {
    (1 + answered / FILES_FOR_ONE_MORE).min(AT_ONCE)
}
