//! Short notices that go away by themselves.

use std::time::Duration;

use leptos::prelude::*;

/// Long enough to read a sentence twice.
const SHOWN_FOR: Duration = Duration::from_secs(7);

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells two notices with the same text apart.
    pub id: u32,
    /// One sentence.
    pub text: String,
}

/// The notices that are on the page.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
}

impl Toasts {
    /// No notices yet; shared through the context.
    #[must_use]
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next_id: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Shows a notice for a while.
    pub fn show(self, text: impl Into<String>) {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        self.shown.update(|shown| shown.push(Toast { id, text: text.into() }));
        set_timeout(move || self.dismiss(id), SHOWN_FOR);
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
