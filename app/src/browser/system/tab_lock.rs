//! [`TabLock`]: a lock among the tabs of one browser, so that no two of them do the same at once (Web Locks).

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

use super::page;

/// A lock that this tab holds until the value is dropped or the tab is closed.
#[derive(Debug)]
pub(crate) struct TabLock {
    /// Releases the lock. It is `None` if the browser has no locks, as on pages without TLS.
    release: Option<Function>,
}

impl Drop for TabLock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            #[expect(clippy::let_underscore_must_use, reason = "resolving a promise cannot fail")]
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until the lock is free, and takes it.
pub(crate) async fn hold(name: &str) -> TabLock {
    request(name, false).await.unwrap_or(TabLock { release: None })
}

/// Takes the lock if it is free. Returns `None` if it is held already, by this tab or by another.
pub(crate) async fn try_hold(name: &str) -> Option<TabLock> {
    request(name, true).await
}

/// Requests the lock, and waits until the browser grants it. With `only_if_free` it does not wait, and returns `None`
/// if the lock is held. Without Web Locks it returns at once, with a lock that excludes nobody.
async fn request(name: &str, only_if_free: bool) -> Option<TabLock> {
    let (sender, receiver) = oneshot::channel();
    let granted = Closure::once_into_js(move |lock: JsValue| {
        if lock.is_null() {
            return Promise::resolve(&JsValue::UNDEFINED);
        }
        let mut sender = Some(sender);
        // The browser keeps the lock until this promise is settled, which `release` does.
        Promise::new(&mut |release, _| {
            if let Some(sender) = sender.take() {
                #[expect(clippy::let_underscore_must_use, reason = "if nobody waits any more, the lock is dropped here, which releases it")]
                let _ = sender.send(TabLock { release: Some(release) });
            }
        })
    });
    if ask(name, only_if_free, &granted).is_none() {
        return Some(TabLock { release: None });
    }
    receiver.await.ok()
}

/// Calls `navigator.locks.request`, which web-sys does not have yet. Returns `None` if the browser has no locks.
fn ask(name: &str, only_if_free: bool, granted: &JsValue) -> Option<()> {
    let locks = Reflect::get(&page::window().navigator(), &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into()).ok()?;
    request.call3(&locks, &name.into(), &options, granted).ok().map(drop)
}
