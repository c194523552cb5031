//! [`Places`]: which page is shown, going to another one without loading it from the server, and what the browser's back
//! button does.

use gloo_events::EventListener;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;
use web_sys::{History, HtmlDialogElement};

use super::page;
use crate::wire::Place;

/// The state of the history entry of an open dialog.
const DIALOG: &str = "dialog";

/// The page that is shown; shared through the context.
///
/// A dialog that covers the page has an entry of its own in the browser's history, so that going back closes the dialog and
/// not the page. When the dialog is closed in another way, the entry is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    place: RwSignal<Place>,
    /// The dialog to which the newest entry of the history belongs.
    dialog: StoredValue<Option<SendWrapper<HtmlDialogElement>>>,
    /// Whether an entry is being taken back. Browsers do that a moment later.
    takes_back: StoredValue<bool>,
}

impl Places {
    /// Starts at a place, and follows the browser's back and forward buttons from there.
    #[must_use]
    pub fn provide(place: Place) -> Self {
        let places = Self { place: RwSignal::new(place), dialog: StoredValue::new(None), takes_back: StoredValue::new(false) };
        provide_context(places);
        Effect::new(move |_| {
            let listener = SendWrapper::new(EventListener::new(&page::window(), "popstate", move |_| places.went()));
            on_cleanup(move || drop(listener));
            // A page that is loaded again has the entry of the dialog that was open.
            places.take_entry_back();
        });
        places
    }

    /// The page that is shown. An effect or view that calls this runs again when another page is shown.
    #[must_use]
    pub fn get(self) -> Place {
        self.place.get()
    }

    /// The same as [`Self::get`], but the caller does not run again.
    #[must_use]
    pub fn get_untracked(self) -> Place {
        self.place.get_untracked()
    }

    /// Goes to another page. It takes the place of an open dialog in the history.
    pub fn go(self, place: Place) {
        let replaces = self.take_dialog().is_some() && is_at_dialog();
        let address = place.address();
        let _ = history().map(|history| {
            if replaces {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(&address))
            }
        });
        self.place.set(place);
    }

    /// Shows a dialog, unless it is open. Going back closes it.
    pub fn show(self, dialog: &HtmlDialogElement) {
        if dialog.open() {
            return;
        }
        #[expect(clippy::let_underscore_must_use, reason = "fails only for a dialog that is not on the page")]
        let _ = dialog.show_modal();
        let before = self.dialog.try_update_value(|shown| shown.replace(SendWrapper::new(dialog.clone()))).flatten();
        if before.is_none() && !self.takes_back.get_value() {
            add_entry();
        }
    }

    /// Takes the entry of a dialog back that was closed. Browsers report that a moment later, when it may be open again.
    pub fn closed(self, dialog: &HtmlDialogElement) {
        let is_current = self.dialog.with_value(|shown| shown.as_ref().is_some_and(|shown| **shown == *dialog));
        if is_current && !dialog.open() {
            self.forget_dialog();
        }
    }

    /// Takes the entry of the open dialog back, because the dialog is not on the page any more.
    pub fn forget_dialog(self) {
        if self.take_dialog().is_some() {
            self.take_entry_back();
        }
    }

    /// Follows the browser, which has gone to another entry of its history.
    fn went(self) {
        let was_taken_back = self.takes_back.get_value();
        self.takes_back.set_value(false);
        if was_taken_back {
            // Another dialog was opened in that moment.
            if self.dialog.with_value(Option::is_some) {
                add_entry();
            }
        } else if let Some(dialog) = self.take_dialog() {
            dialog.close();
        } else {
            // The person went forward to the entry of a dialog that was closed.
            self.take_entry_back();
        }
        let here = here();
        if self.place.get_untracked() != here {
            self.place.set(here);
        }
    }

    fn take_dialog(self) -> Option<SendWrapper<HtmlDialogElement>> {
        self.dialog.try_update_value(Option::take).flatten()
    }

    fn take_entry_back(self) {
        if is_at_dialog() {
            self.takes_back.set_value(true);
            let _ = history().map(|history| history.back());
        }
    }
}

fn history() -> Option<History> {
    page::window().history().ok()
}

fn is_at_dialog() -> bool {
    history().and_then(|history| history.state().ok()).and_then(|state| state.as_string()).as_deref() == Some(DIALOG)
}

fn add_entry() {
    let _ = history().map(|history| history.push_state(&DIALOG.into(), ""));
}

/// The place of the address in the address bar.
#[must_use]
pub fn here() -> Place {
    Place::at(&page::window().location().pathname().unwrap_or_default())
}

/// The [`Places`] from the context.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_places() -> Places {
    use_context().expect("the app provides places")
}
