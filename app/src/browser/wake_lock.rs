//! The screen stays on while uploads move (Screen Wake Lock): a phone that falls asleep stops sending.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use js_sys::{Function, Promise, Reflect};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{page, uploader::Total};

/// Keeps the screen on as long as uploads move.
pub fn follow(total: Memo<Total>) {
    let moves = Memo::new(move |_| total.with(|total| total.moving > 0));
    // The lock is held between two runs.
    Effect::new(move |_: Option<Option<WakeLock>>| moves.get().then(WakeLock::hold));
}

/// Keeps the screen on until it is dropped.
struct WakeLock {
    /// What the browser gave last, or nothing yet. Held here alone, so that an answer which comes too late finds nobody.
    _given: Rc<RefCell<Option<Sentinel>>>,
    _shown: EventListener,
}

impl WakeLock {
    fn hold() -> Self {
        let given = Rc::new(RefCell::new(None));
        let asker = Rc::downgrade(&given);
        let ask = move || {
            let given = asker.clone();
            spawn_local(async move {
                // Refused on pages without TLS and on an empty battery: then the screen sleeps as it always did.
                let Some(sentinel) = request().await else { return };
                // One that nobody waits for any more is let go here.
                drop(given.upgrade().map(|given| given.replace(Some(sentinel))));
            });
        };
        ask();
        // The browser takes it away from a page that goes to the background.
        let shown = EventListener::new(&page::document(), "visibilitychange", move |_| {
            if page::is_visible() {
                ask();
            }
        });
        Self { _given: given, _shown: shown }
    }
}

/// The browser's word that the screen stays on; taken back when it is dropped.
struct Sentinel(JsValue);

impl Drop for Sentinel {
    fn drop(&mut self) {
        // Nothing happens to one that the browser took away already.
        drop(call(&self.0, "release", &JsValue::UNDEFINED));
    }
}

async fn request() -> Option<Sentinel> {
    let locks = Reflect::get(&page::window().navigator(), &"wakeLock".into()).ok()?;
    let asked = call(&locks, "request", &"screen".into())?;
    JsFuture::from(asked).await.ok().map(Sentinel)
}

/// Wake locks are not in web-sys yet.
fn call(of: &JsValue, method: &str, with: &JsValue) -> Option<Promise> {
    let method: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(of, with).ok()?.dyn_into().ok()
}
