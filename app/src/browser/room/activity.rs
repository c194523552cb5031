//! State that all pages share: whether uploads are unfinished, the text before the window's title, and content that is
//! handed to a room. It belongs to the first page's WebAssembly module, because the room's is loaded only when somebody
//! opens a room (see [`crate::pages::lazy_room`]).

use leptos::prelude::*;
use send_wrapper::SendWrapper;

use crate::{browser::files::picked_file::PickedFile, room::Pin, wire::Entered};

/// Files and a text that are to be added to a room whose page is not shown yet.
#[derive(Clone, Debug, Default)]
pub struct HandedOver {
    /// Files to send.
    pub files: Vec<PickedFile>,
    /// Text to add.
    pub text: Option<String>,
}

impl HandedOver {
    /// Whether there are neither files nor a text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.text.is_none()
    }
}

/// What every page knows of the activity in a room; shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Whether this browser has uploads that are not finished, including paused and failed ones.
    pub sends: RwSignal<bool>,
    /// The text with which the window's title begins.
    pub title_prefix: RwSignal<String>,
    handed: StoredValue<Option<(Pin, SendWrapper<HandedOver>)>>,
    /// The seat that was taken last, until its cookie has come back.
    unproved: StoredValue<Option<Entered>>,
}

impl Activity {
    /// Starts without activity.
    pub fn provide() -> Self {
        let activity = Self {
            sends: RwSignal::new(false),
            title_prefix: RwSignal::new(String::new()),
            handed: StoredValue::new(None),
            unproved: StoredValue::new(None),
        };
        provide_context(activity);
        activity
    }

    /// Keeps files and text for a room until its page takes them.
    pub fn hand_over(self, pin: Pin, handed: HandedOver) {
        self.handed.set_value(Some((pin, SendWrapper::new(handed))));
    }

    /// Notes a seat that was just taken. The page of its room finds out whether the browser sends its cookie back.
    pub fn entered(self, seat: Entered) {
        self.unproved.set_value(Some(seat));
    }

    /// Takes the seat in this room that was just taken.
    #[must_use]
    pub fn take_unproved(self, pin: &Pin) -> Option<Entered> {
        self.unproved.try_update_value(|seat| seat.take_if(|seat| seat.pin == *pin)).flatten()
    }

    /// Takes what was kept for a room. A second call returns nothing.
    #[must_use]
    pub fn take_over(self, pin: &Pin) -> HandedOver {
        let handed = self.handed.try_update_value(|handed| handed.take_if(|(room, _)| room == pin)).flatten();
        handed.map(|(_, handed)| handed.take()).unwrap_or_default()
    }
}

/// The [`Activity`] from the context.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_activity() -> Activity {
    use_context().expect("the app provides the activity")
}
