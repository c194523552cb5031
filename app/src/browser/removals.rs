//! Files that the owner removed a moment ago, while that can still be undone.

use std::{sync::Arc, time::Duration};

use gloo_events::EventListener;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{
    api, page,
    toasts::{Action, Toasts},
};
use crate::{
    i18n::t,
    room::{FileId, Pin},
};

/// How long a removal can be undone.
const UNDO: Duration = Duration::from_secs(5);

/// What is about to be erased; shared by the components of the room page. Its rows are gone from this page already.
#[derive(Clone, Copy, Debug)]
pub struct Removals {
    pin: StoredValue<Pin>,
    toasts: Toasts,
    files: RwSignal<Vec<FileId>>,
    timers: StoredValue<Vec<(FileId, TimeoutHandle)>>,
}

impl Removals {
    /// Nothing is about to be erased. What is when the page is left is erased then.
    pub fn provide(pin: Pin, toasts: Toasts) {
        let removals = Self { pin: StoredValue::new(pin), toasts, files: RwSignal::new(Vec::new()), timers: StoredValue::new(Vec::new()) };
        provide_context(removals);
        Effect::new(move |_| {
            let leaving = SendWrapper::new(EventListener::new(&page::window(), "pagehide", move |_| removals.finish()));
            on_cleanup(move || {
                drop(leaving);
                removals.finish();
            });
        });
    }

    /// Whether a file is gone from this page.
    #[must_use]
    pub fn has(self, id: FileId) -> bool {
        self.files.with(|files| files.contains(&id))
    }

    /// Takes a file off the page at once, and erases it unless that is undone.
    pub fn begin(self, id: FileId, name: &str) {
        self.files.update(|files| files.push(id));
        if let Ok(timer) = set_timeout_with_handle(move || self.erase(id), UNDO) {
            self.timers.update_value(|timers| timers.push((id, timer)));
        }
        let undo = Action { word: t().undo(), act: Arc::new(move || self.undo(id)) };
        self.toasts.offer(t().removed_file(name), undo, UNDO);
    }

    fn undo(self, id: FileId) {
        if let Some(timer) = self.take_timer(id) {
            timer.clear();
            self.show_again(id);
        }
    }

    fn erase(self, id: FileId) {
        if self.take_timer(id).is_none() {
            return;
        }
        let pin = self.pin.get_value();
        spawn_local(async move {
            // The room says that the file is gone; if it is not, its row comes back with the reason.
            if let Err(problem) = api::remove_file(&pin, id).await {
                self.toasts.show(problem.detail);
                self.show_again(id);
            }
        });
    }

    /// Erases at once what still could be undone.
    fn finish(self) {
        let timers = self.timers.try_update_value(std::mem::take).unwrap_or_default();
        if let Some(pin) = self.pin.try_get_value() {
            for (id, timer) in timers {
                timer.clear();
                api::remove_file_from_a_page_that_ends(&pin, id);
            }
        }
    }

    fn take_timer(self, id: FileId) -> Option<TimeoutHandle> {
        self.timers
            .try_update_value(|timers| {
                let at = timers.iter().position(|(known, _)| *known == id)?;
                Some(timers.swap_remove(at).1)
            })
            .flatten()
    }

    fn show_again(self, id: FileId) {
        // The page may be gone by now.
        self.files.try_update(|files| files.retain(|known| *known != id));
    }
}

/// The removals of this page.
///
/// # Panics
/// Outside a room page, which is a mistake in the component.
#[must_use]
pub fn use_removals() -> Removals {
    use_context().expect("a component of the room page is inside one")
}
