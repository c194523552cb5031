//! Messages to the service worker of this page (`server/src/http/app_shell/service_worker.js`).

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{ServiceWorker, ServiceWorkerContainer};

use super::page;

/// Sends a message of the type `what` to the service worker that controls this page, if there is one.
pub(crate) fn tell_worker(what: &str) {
    if let Some(worker) = workers().and_then(|workers| workers.controller()) {
        #[expect(clippy::let_underscore_must_use, reason = "only messages that cannot be cloned are refused")]
        let _ = tell(&worker, what);
    }
}

/// Sends a message that consists only of its type, which is `what`.
pub(crate) fn tell(worker: &ServiceWorker, what: &str) -> Result<(), JsValue> {
    let message = Object::new();
    Reflect::set(&message, &"type".into(), &what.into())?;
    worker.post_message(&message)
}

/// The browser's access to service workers. It is `None` on pages without TLS, and where the browser forbids them.
pub(crate) fn workers() -> Option<ServiceWorkerContainer> {
    Reflect::get(&page::window().navigator(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}
