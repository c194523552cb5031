//! Toasts: short messages on the page that disappear by themselves.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

/// How long a toast is shown: long enough to read a sentence twice.
const SHOWN_FOR: Duration = Duration::from_secs(7);
/// The most toasts that are shown at the same time, so that they fit into the corner of the page that is theirs.
const MOST: usize = 3;

/// Something that the person can do about a toast. It outlives the component that offers it.
#[derive(Clone)]
pub struct Action {
    /// The word on its button.
    pub word: &'static str,
    /// The function that is called when the button is pressed.
    pub act: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word)
    }
}

/// One message on the page.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Tells two toasts with the same text apart.
    pub id: u32,
    /// The message, which is one sentence.
    pub text: String,
    /// What can be done about it as long as it is shown.
    pub action: Option<Action>,
}

/// The toasts that are on the page.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
}

impl Toasts {
    /// Starts without toasts, and shares them through the context.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next_id: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Shows a toast for seven seconds.
    pub fn show(self, text: impl Into<String>) {
        self.add(text.into(), None, SHOWN_FOR);
    }

    /// Shows a toast with an action for the time `shown_for`, and returns its id.
    pub fn offer(self, text: String, action: Action, shown_for: Duration) -> u32 {
        self.add(text, Some(action), shown_for)
    }

    fn add(self, text: String, action: Option<Action>, shown_for: Duration) -> u32 {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        self.shown.update(|shown| {
            if shown.len() >= MOST {
                // What can be undone is more important than what was only said.
                let dropped = shown.iter().position(|toast| toast.action.is_none()).unwrap_or_default();
                shown.remove(dropped);
            }
            shown.push(Toast { id, text, action });
        });
        set_timeout(move || self.dismiss(id), shown_for);
        id
    }

    /// Removes a toast from the page.
    pub fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }

    /// The toasts that are shown now. An effect or view that calls this runs again when they change.
    #[must_use]
    pub fn shown(self) -> Vec<Toast> {
        self.shown.get()
    }
}

/// The toasts of this page.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_toasts() -> Toasts {
    use_context().expect("the app provides toasts")
}
