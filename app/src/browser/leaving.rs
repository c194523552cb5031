//! Asking before the page is closed while it sends: what has not arrived would be lost with it.

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Reflect;
use leptos::prelude::*;

use super::{page, uploader::Total};

/// Has the browser ask before the page is left, as long as uploads move. Only then: a page that always asks is
/// not kept ready for the way back.
pub fn follow(total: Memo<Total>) {
    let moves = Memo::new(move |_| total.with(|total| total.moving > 0));
    // The listener is held between two runs.
    Effect::new(move |_: Option<Option<EventListener>>| moves.get().then(ask));
}

/// Asks until it is dropped.
fn ask() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&page::window(), "beforeunload", options, |event| {
        event.prevent_default();
        // Older browsers ask only for this; setting it cannot fail.
        drop(Reflect::set(event, &"returnValue".into(), &true.into()));
    })
}
