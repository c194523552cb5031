//! Notifications of the system (Notifications API). In a browser without them, nothing happens.

use gloo_events::EventListener;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::page;
use crate::wire;

/// What the person has answered: "granted", "denied", or "default" if they have not been asked. `None` if the browser
/// has no notifications, or has them only for installed apps.
pub(crate) fn permission() -> Option<String> {
    Reflect::get(class()?.as_ref(), &"permission".into()).ok()?.as_string()
}

/// Makes the browser ask the person, which it does only in response to a user gesture. Afterwards [`permission`]
/// returns the answer.
pub(crate) fn ask_permission() {
    let asked = class().and_then(|class| {
        let ask: Function = Reflect::get(&class, &"requestPermission".into()).ok()?.dyn_into().ok()?;
        ask.call0(&class).ok()
    });
    drop(asked);
}

/// Shows a notification with a heading and a text. It replaces an earlier one with the same `tag`. Returns the
/// notification if the page shows it itself, and `None` if the service worker shows it or it cannot be shown.
pub(crate) async fn show(heading: &str, text: &str, tag: &str) -> Option<PageNotice> {
    let (heading, options) = (JsValue::from(heading), Object::new());
    for (name, value) in [("body", text), ("tag", tag), ("icon", &wire::address("/icon-192.png"))] {
        #[expect(clippy::let_underscore_must_use, reason = "setting a property of a plain object cannot fail")]
        let _ = Reflect::set(&options, &name.into(), &value.into());
    }
    // Browsers on phones show notifications only from a service worker.
    match show_by_worker(&heading, &options).await {
        Some(_) => None,
        None => PageNotice::show(&heading, &options),
    }
}

/// Shows a notification from the service worker. Returns `None` if there is no active one, or if the browser refuses.
async fn show_by_worker(heading: &JsValue, options: &JsValue) -> Option<JsValue> {
    let workers = Reflect::get(&page::window().navigator(), &"serviceWorker".into()).ok()?;
    let registration = answer(&workers, "getRegistration", &Array::new()).await?;
    answer(&registration, "showNotification", &Array::of2(heading, options)).await
}

/// Calls a method that returns a promise, and waits for its value. Returns `None` if there is no such method, or if it
/// fails.
async fn answer(of: &JsValue, method: &str, arguments: &Array) -> Option<JsValue> {
    let method: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    let asked: Promise = method.apply(of, arguments).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok()
}

/// A notification that the page shows itself. A press on it brings the page to the front. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct PageNotice {
    notice: EventTarget,
    _pressed: EventListener,
}

impl PageNotice {
    fn show(heading: &JsValue, options: &JsValue) -> Option<Self> {
        let notice = Reflect::construct(&class()?, &Array::of2(heading, options)).ok()?;
        let notice: EventTarget = notice.dyn_into().ok()?;
        let pressed = EventListener::new(&notice, "click", |_| {
            #[expect(clippy::let_underscore_must_use, reason = "a browser may refuse to bring the page to the front")]
            let _ = page::window().focus();
        });
        Some(Self { notice, _pressed: pressed })
    }
}

impl Drop for PageNotice {
    fn drop(&mut self) {
        let close = Reflect::get(&self.notice, &"close".into()).ok().and_then(|close| close.dyn_into::<Function>().ok());
        // Closing a notification that is closed already has no effect.
        let _ = close.map(|close| close.call0(&self.notice));
    }
}

fn class() -> Option<Function> {
    Reflect::get(&page::window(), &"Notification".into()).ok()?.dyn_into().ok()
}
