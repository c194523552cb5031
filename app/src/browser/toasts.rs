//! Short notices that go away by themselves.

use std::{sync::Arc, time::Duration};

use leptos::prelude::*;

/// Long enough to read a sentence twice.
const SHOWN_FOR: Duration = Duration::from_secs(7);

/// Something to do about a notice. It outlives the component that offers it.
#[derive(Clone)]
pub struct Action {
    /// What it is called.
    pub word: &'static str,
    /// Does it.
    pub act: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word)
    }
}

/// A notice.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Tells two notices with the same text apart.
    pub id: u32,
    /// One sentence.
    pub text: String,
    /// What can be done about it, as long as it is shown: a word, and the deed.
    pub action: Option<Action>,
}

/// The notices that are on the page.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
}

impl Toasts {
    /// No notices yet; shared through the context.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next_id: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Shows a notice for a while.
    pub fn show(self, text: impl Into<String>) {
        self.add(text.into(), None, SHOWN_FOR);
    }

    /// Shows a notice with something to do about it.
    pub fn offer(self, text: String, action: Action, shown_for: Duration) {
        self.add(text, Some(action), shown_for);
    }

    fn add(self, text: String, action: Option<Action>, shown_for: Duration) {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        self.shown.update(|shown| shown.push(Toast { id, text, action }));
        set_timeout(move || self.dismiss(id), shown_for);
    }

    /// Takes a notice off the page.
    pub fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }

    /// What is shown now.
    #[must_use]
    pub fn shown(self) -> Vec<Toast> {
        self.shown.get()
    }
}

/// The notices of this page.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_toasts() -> Toasts {
    use_context().expect("the app provides toasts")
}
