//! Keeps the screen on while an upload is being sent, waits or will be retried, because a phone that goes to sleep
//! stops sending (Screen Wake Lock).

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use js_sys::{Function, Promise, Reflect};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::page;

/// Keeps the screen on as long as uploads are active.
pub fn follow(active: Memo<bool>) {
    // The effect keeps the lock until its next run.
    Effect::new(move |_: Option<Option<WakeLock>>| active.get().then(WakeLock::hold));
}

/// Keeps the screen on until it is dropped.
struct WakeLock {
    /// The last sentinel from the browser, if there is one yet. Requests hold only a weak reference to it, so that a
    /// sentinel that arrives after the drop is released at once.
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
                // The request fails on pages without TLS and with a low battery. Then the screen turns off as usual.
                let Some(sentinel) = request().await else { return };
                // If the lock has been dropped meanwhile, the sentinel is dropped here, which releases it.
                let _ = given.upgrade().map(|given| given.replace(Some(sentinel)));
            });
        };
        ask();
        // The browser releases the lock of a page that goes to the background, so a page that returns asks again.
        let shown = EventListener::new(&page::document(), "visibilitychange", move |_| {
            if page::is_visible() {
                ask();
            }
        });
        Self { _given: given, _shown: shown }
    }
}

/// The browser's object that keeps the screen on (`WakeLockSentinel`). Dropping it releases the lock.
struct Sentinel(JsValue);

impl Drop for Sentinel {
    fn drop(&mut self) {
        // Releasing a lock that the browser has released already has no effect.
        let _ = call(&self.0, "release", &JsValue::UNDEFINED);
    }
}

async fn request() -> Option<Sentinel> {
    let locks = Reflect::get(&page::window().navigator(), &"wakeLock".into()).ok()?;
    let asked = call(&locks, "request", &"screen".into())?;
    JsFuture::from(asked).await.ok().map(Sentinel)
}

/// Calls a method with one argument that returns a promise. web-sys does not have wake locks yet.
fn call(of: &JsValue, method: &str, with: &JsValue) -> Option<Promise> {
    let method: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(of, with).ok()?.dyn_into().ok()
}
