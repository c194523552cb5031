//! A dialog over the page, which the browser's back button closes.

use leptos::{html::Dialog, prelude::*};

use crate::browser::system::places::{Places, use_places};

/// Opens and closes the dialog element of a component. The element has to call [`Self::closed`] on `close`. When the
/// component is gone, nothing has an effect any more.
#[derive(Clone, Copy, Debug)]
pub struct Modal {
    dialog: NodeRef<Dialog>,
    places: Places,
}

impl Modal {
    /// The dialog element that `dialog` will refer to. It is forgotten together with the calling component.
    #[must_use]
    pub fn new(dialog: NodeRef<Dialog>) -> Self {
        let places = use_places();
        on_cleanup(move || places.forget_dialog());
        Self { dialog, places }
    }

    /// Opens the dialog, unless it is open.
    pub fn show(self) {
        if let Some(dialog) = self.dialog.try_get_untracked().flatten() {
            self.places.show(&dialog);
        }
    }

    /// Closes the dialog.
    pub fn hide(self) {
        if let Some(dialog) = self.dialog.try_get_untracked().flatten() {
            dialog.close();
        }
    }

    /// Says that the dialog was closed, in whatever way.
    pub fn closed(self) {
        if let Some(dialog) = self.dialog.try_get_untracked().flatten() {
            self.places.closed(&dialog);
        }
    }
}
