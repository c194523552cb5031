//! Which of a browser's tabs does something, so that no two of them do it at once (Web Locks).

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

use super::page;

/// Held by this tab until it is dropped, or until the tab ends.
#[derive(Debug)]
pub(super) struct TabLock {
    /// Nothing where the browser has no locks, which is on pages without TLS.
    release: Option<Function>,
}

impl Drop for TabLock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            // It cannot fail: it settles a promise.
            drop(release.call0(&JsValue::UNDEFINED));
        }
    }
}

/// Waits until no other holder has it.
pub(super) async fn hold(name: &str) -> TabLock {
    request(name, false).await.unwrap_or(TabLock { release: None })
}

/// Nothing if another holder has it.
pub(super) async fn try_hold(name: &str) -> Option<TabLock> {
    request(name, true).await
}

/// Locks are not in web-sys yet.
async fn request(name: &str, only_if_free: bool) -> Option<TabLock> {
    let (tell, told) = oneshot::channel();
    let granted = Closure::once_into_js(move |lock: JsValue| {
        if lock.is_null() {
            return Promise::resolve(&JsValue::UNDEFINED);
        }
        let mut tell = Some(tell);
        // The browser holds it until this promise is settled.
        Promise::new(&mut |release, _| {
            if let Some(tell) = tell.take() {
                // If nobody waits any more, it is dropped here, and free again.
                drop(tell.send(TabLock { release: Some(release) }));
            }
        })
    });
    if ask(name, only_if_free, &granted).is_none() {
        return Some(TabLock { release: None });
    }
    told.await.ok()
}

fn ask(name: &str, only_if_free: bool, granted: &JsValue) -> Option<()> {
    let locks = Reflect::get(&page::window().navigator(), &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into()).ok()?;
    request.call3(&locks, &name.into(), &options, granted).ok().map(drop)
}
