//! [`Removals`]: files that the owner has just removed, as long as the removal can be undone.

use std::{sync::Arc, time::Duration};

use gloo_events::EventListener;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use crate::{
    browser::{
        api,
        system::{
            page,
            toasts::{Action, Toasts},
        },
    },
    i18n::t,
    room::{FileId, Pin},
};

/// How long a removal can be undone. The file is erased after that time.
const UNDO: Duration = Duration::from_secs(5);

/// The files that are about to be erased. This page does not show their rows any more. Shared by the components of the
/// room page.
#[derive(Clone, Copy, Debug)]
pub struct Removals {
    pin: StoredValue<Pin>,
    toasts: Toasts,
    files: RwSignal<Vec<FileId>>,
    pending: StoredValue<Option<Pending>>,
}

/// Removals that can still be undone, all together.
#[derive(Debug)]
struct Pending {
    files: Vec<FileId>,
    timer: TimeoutHandle,
    /// The toast that offers to undo them.
    toast: u32,
}

impl Removals {
    /// Starts without removals. When the page is left, the files that are then about to be erased are erased at once.
    pub fn provide(pin: Pin, toasts: Toasts) {
        let removals = Self { pin: StoredValue::new(pin), toasts, files: RwSignal::new(Vec::new()), pending: StoredValue::new(None) };
        provide_context(removals);
        Effect::new(move |_| {
            let leaving = SendWrapper::new(EventListener::new(&page::window(), "pagehide", move |_| removals.finish()));
            on_cleanup(move || {
                drop(leaving);
                removals.finish();
            });
        });
    }

    /// Whether a file has been removed, so that this page does not show it.
    #[must_use]
    pub fn has(self, id: FileId) -> bool {
        self.files.with(|files| files.contains(&id))
    }

    /// Hides files on this page at once, and erases them after five seconds unless the person undoes the removal. Files
    /// whose removal can still be undone then join them, so that one toast speaks of all. `name` is the name of the first
    /// file.
    pub fn begin(self, ids: &[FileId], name: &str) {
        self.files.update(|files| files.extend(ids));
        let mut files = match self.take_pending() {
            Some(before) => {
                self.toasts.dismiss(before.toast);
                before.files
            }
            None => Vec::new(),
        };
        files.extend(ids);
        let words = if files.len() == 1 { t().removed_file(name) } else { t().removed_files(files.len()) };
        let undo = Action { word: t().undo(), act: Arc::new(move || self.undo()) };
        let toast = self.toasts.offer(words, undo, UNDO);
        if let Ok(timer) = set_timeout_with_handle(move || self.erase(), UNDO) {
            self.pending.set_value(Some(Pending { files, timer, toast }));
        }
    }

    fn undo(self) {
        if let Some(Pending { files, .. }) = self.take_pending() {
            self.show_again(&files);
        }
    }

    fn erase(self) {
        let Some(Pending { files, .. }) = self.take_pending() else { return };
        let pin = self.pin.get_value();
        spawn_local(async move {
            for id in files {
                // When the server has erased the file, an event tells all members. If the request fails, a toast shows
                // the reason, and the row comes back.
                if let Err(problem) = api::remove_file(&pin, id).await {
                    self.toasts.show(problem.detail);
                    self.show_again(&[id]);
                }
            }
        });
    }

    /// Erases at once the files whose removal could still be undone.
    fn finish(self) {
        let Some(Pending { files, toast, .. }) = self.take_pending() else { return };
        // The offer to undo them would promise too much now.
        self.toasts.dismiss(toast);
        if let Some(pin) = self.pin.try_get_value() {
            for id in files {
                api::remove_file_from_a_page_that_ends(&pin, id);
            }
        }
    }

    /// Takes the removals that can still be undone, and stops their timer.
    fn take_pending(self) -> Option<Pending> {
        let pending = self.pending.try_update_value(Option::take).flatten()?;
        pending.timer.clear();
        Some(pending)
    }

    fn show_again(self, ids: &[FileId]) {
        // The page may have been left meanwhile.
        self.files.try_update(|files| files.retain(|known| !ids.contains(known)));
    }
}

/// The removals of this page.
///
/// # Panics
/// When it is called outside a room page, which is a mistake in the component.
#[must_use]
pub fn use_removals() -> Removals {
    use_context().expect("the room page provides the removals")
}
