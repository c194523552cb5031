//! [`Places`]: which page is shown, and going to another one without loading it from the server.

use gloo_events::EventListener;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use super::page;
use crate::wire::Place;

/// The page that is shown; shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    place: RwSignal<Place>,
}

impl Places {
    /// Starts at a place, and follows the browser's back and forward buttons from there.
    #[must_use]
    pub fn provide(place: Place) -> Self {
        let places = Self { place: RwSignal::new(place) };
        provide_context(places);
        Effect::new(move |_| {
            let listener = SendWrapper::new(EventListener::new(&page::window(), "popstate", move |_| places.place.set(here())));
            on_cleanup(move || drop(listener));
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

    /// Goes to another page.
    pub fn go(self, place: Place) {
        #[expect(clippy::let_underscore_must_use, reason = "if the history refuses the entry, the page changes all the same")]
        let _ = page::window().history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&place.path())));
        self.place.set(place);
    }
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
