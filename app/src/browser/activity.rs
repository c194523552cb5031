//! What every page knows of what goes on in a room. The program of the room itself is loaded only when somebody goes
//! to one (see [`crate::pages::lazy_room`]).

use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::kept_files::PickedFile;
use crate::room::Pin;

/// What is to go into a room that is not shown yet.
#[derive(Clone, Debug, Default)]
pub struct Handed {
    /// Files to send.
    pub files: Vec<PickedFile>,
    /// Text to add.
    pub text: Option<String>,
}

impl Handed {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.text.is_none()
    }
}

/// Shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Whether this browser sends files, or has paused.
    pub sends: RwSignal<bool>,
    /// What the window's title begins with.
    pub news: RwSignal<String>,
    handed: StoredValue<Option<(Pin, SendWrapper<Handed>)>>,
}

impl Activity {
    /// Nothing goes on.
    pub fn provide() -> Self {
        let activity = Self { sends: RwSignal::new(false), news: RwSignal::new(String::new()), handed: StoredValue::new(None) };
        provide_context(activity);
        activity
    }

    /// Keeps what is to go into a room until its page takes it.
    pub fn hand_over(self, pin: Pin, handed: Handed) {
        self.handed.set_value(Some((pin, SendWrapper::new(handed))));
    }

    /// What was kept for a room; nothing the second time.
    #[must_use]
    pub fn take_over(self, pin: &Pin) -> Handed {
        let handed = self.handed.try_update_value(|handed| handed.take_if(|(room, _)| room == pin)).flatten();
        handed.map(|(_, handed)| handed.take()).unwrap_or_default()
    }
}

/// What goes on in this page.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_activity() -> Activity {
    use_context().expect("the app provides the activity")
}
