//! Makes the browser ask before the page is closed while it sends files: the browser would stop sending them.

use gloo_events::{EventListener, EventListenerOptions};
use js_sys::Reflect;
use leptos::prelude::*;

use super::page;

/// Makes the browser ask before the page is left, while an upload is being sent, waits or will be retried. At other
/// times there is no listener, because browsers do not keep a page that has one in the back/forward cache.
pub fn follow(active: Memo<bool>) {
    // The effect keeps the listener until its next run.
    Effect::new(move |_: Option<Option<EventListener>>| active.get().then(ask));
}

/// Makes the browser ask until the listener is dropped.
fn ask() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&page::window(), "beforeunload", options, |event| {
        event.prevent_default();
        #[expect(clippy::let_underscore_must_use, reason = "older browsers ask only if this is set; setting it cannot fail")]
        let _ = Reflect::set(event, &"returnValue".into(), &true.into());
    })
}
