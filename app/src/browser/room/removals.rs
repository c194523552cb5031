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
    timers: StoredValue<Vec<(FileId, TimeoutHandle)>>,
}

impl Removals {
    /// Starts without removals. When the page is left, the files that are then about to be erased are erased at once.
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

    /// Whether a file has been removed, so that this page does not show it.
    #[must_use]
    pub fn has(self, id: FileId) -> bool {
        self.files.with(|files| files.contains(&id))
    }

    /// Hides a file on this page at once, and erases it after five seconds unless the person undoes the removal.
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
            // When the server has erased the file, an event tells all members. If the request fails, a toast shows the
            // reason, and the row comes back.
            if let Err(problem) = api::remove_file(&pin, id).await {
                self.toasts.show(problem.detail);
                self.show_again(id);
            }
        });
    }

    /// Erases at once the files whose removal could still be undone.
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
        // The page may have been left meanwhile.
        self.files.try_update(|files| files.retain(|known| *known != id));
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
