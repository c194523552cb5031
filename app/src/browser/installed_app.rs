//! What makes the page an app that can be installed: it registers the service worker and notices newer versions,
//! follows launches by the system, and takes what other apps share.
//!
//! The service worker itself is plain JavaScript (`server/src/http/app_shell/service_worker.js`).

mod launch;
mod launch_action;
mod share;

use gloo_events::EventListener;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemFileHandle, ServiceWorker, ServiceWorkerRegistration};

use super::{
    files::picked_file::PickedFile,
    system::{
        hydration::{Hydration, next_turn},
        page,
        places::{self, Places},
        service_worker::{tell, workers},
    },
};
use crate::browser::system::clock;
use crate::wire::{self, Place};
use launch::{consume_launches, destination, handles_of, target_of};

pub use launch_action::LaunchAction;
pub use share::{needs_share_hint, take_share};

/// The path of the service worker.
const WORKER: &str = "/sw.js";
/// The shortest time, in seconds, between two checks for a newer version from a page that stays open. Browsers check by
/// themselves when a page is loaded.
const CHECK_EVERY_SECS: f64 = 3600.0;

/// The function that the browser calls for every launch.
type LaunchConsumer = Closure<dyn FnMut(JsValue)>;

/// The installed app around this page. In browsers without service workers no update ever waits.
#[derive(Clone, Copy, Debug)]
pub struct InstalledApp {
    /// Whether a newer version has been downloaded and waits to be used.
    pub update_waits: RwSignal<bool>,
    launch_action: RwSignal<Option<LaunchAction>>,
    /// Files that the system opened with this app, until a page takes them.
    opened: RwSignal<Vec<SendWrapper<PickedFile>>>,
    // The values below are bound to the browser's one thread. On the server they are always empty, and may be dropped
    // on any thread.
    registration: StoredValue<Option<SendWrapper<ServiceWorkerRegistration>>>,
    listeners: StoredValue<Vec<SendWrapper<EventListener>>>,
    /// The browser calls this for every launch as long as the page exists; a page cannot take the function back.
    launches: StoredValue<Option<SendWrapper<LaunchConsumer>>>,
    /// The path and query for which this page was loaded, until the launch that loaded it has been reported.
    loaded_for: StoredValue<Option<String>>,
    checked_at_secs: StoredValue<f64>,
}

impl InstalledApp {
    /// Shares the installed app through the context. A launch of the running app goes to another of its `places`
    /// without loading a page, because this page may be sending files.
    pub fn provide(places: Places, hydration: Hydration) -> Self {
        let app = Self {
            update_waits: RwSignal::new(false),
            launch_action: RwSignal::new(None),
            opened: RwSignal::new(Vec::new()),
            registration: StoredValue::new(None),
            listeners: StoredValue::new(Vec::new()),
            launches: StoredValue::new(None),
            loaded_for: StoredValue::new(None),
            checked_at_secs: StoredValue::new(0.0),
        };
        provide_context(app);
        Effect::new(move |_| {
            if hydration.is_over() {
                spawn_local(async move {
                    // This waits one turn of the event loop, so that the page is usable before any of this work begins.
                    next_turn().await;
                    app.take_launch_action_of_address();
                    app.take_launches(places);
                    app.register_when_loaded();
                });
            }
        });
        app
    }

    /// What the first page is to do, until [`Self::launch_action_is_done`] is called.
    #[must_use]
    pub fn launch_action(self) -> Option<LaunchAction> {
        self.launch_action.get()
    }

    /// Removes the launch action. The page calls this when it carries the launch action out.
    pub fn launch_action_is_done(self) {
        self.launch_action.set(None);
    }

    /// Switches to the version that waits, and reloads the page. This may only follow a decision of the person, because
    /// the state of the page is lost.
    pub fn take_update(self) {
        let waiting = self.registration.with_value(|registration| registration.as_ref().and_then(|it| it.waiting()));
        // Another tab may have activated the new version already, so that none waits any more.
        let (Some(workers), Some(waiting)) = (workers(), waiting) else { return reload() };
        self.hold(EventListener::once(&workers, "controllerchange", |_| reload()));
        if tell(&waiting, "take_over").is_err() {
            self.refresh_update_waits();
        }
    }

    /// Whether content came from outside the page and waits to be taken. An effect or view that calls this runs again when
    /// that changes.
    #[must_use]
    pub fn has_content(self) -> bool {
        self.launch_action.get() == Some(LaunchAction::Shared) || !self.opened.with(Vec::is_empty)
    }

    /// Takes the files that the system opened with this app; each file is returned only once. An effect that calls this
    /// runs again when there are more.
    #[must_use]
    pub fn take_opened(self) -> Vec<PickedFile> {
        let opened = self.opened.get();
        if !opened.is_empty() {
            self.opened.set(Vec::new());
        }
        opened.into_iter().map(SendWrapper::take).collect()
    }

    /// Registers the service worker after the page has been loaded, so that the page does not have to wait for it.
    fn register_when_loaded(self) {
        if page::document().ready_state() == "complete" {
            self.register();
        } else {
            self.hold(EventListener::once(&page::window(), "load", move |_| self.register()));
        }
    }

    fn register(self) {
        let Some(workers) = workers() else { return };
        spawn_local(async move {
            let registered = JsFuture::from(workers.register(&wire::address(WORKER))).await;
            match registered.and_then(|it| it.dyn_into::<ServiceWorkerRegistration>()) {
                Ok(registration) => self.watch(&registration),
                // Storage may be forbidden or full. Everything works without a service worker, except offline.
                Err(refused) => web_sys::console::debug_2(&"no service worker:".into(), &refused),
            }
        });
    }

    /// Starts to watch for newer versions.
    fn watch(self, registration: &ServiceWorkerRegistration) {
        self.registration.set_value(Some(SendWrapper::new(registration.clone())));
        self.checked_at_secs.set_value(clock::now_secs());
        for worker in [registration.installing(), registration.waiting()].into_iter().flatten() {
            self.follow(&worker);
        }
        self.refresh_update_waits();
        let found = registration.clone();
        self.hold(EventListener::new(registration, "updatefound", move |_| {
            if let Some(worker) = found.installing() {
                self.follow(&worker);
            }
        }));
        self.hold(EventListener::new(&page::document(), "visibilitychange", move |_| self.check_for_update()));
    }

    fn follow(self, worker: &ServiceWorker) {
        self.hold(EventListener::new(worker, "statechange", move |_| self.refresh_update_waits()));
    }

    /// Updates `update_waits`. The first service worker of a browser passes through the waiting state too, but replaces
    /// nothing, so it does not count.
    fn refresh_update_waits(self) {
        let waits = self.registration.with_value(|registration| {
            registration.as_ref().is_some_and(|registration| registration.waiting().is_some() && registration.active().is_some())
        });
        self.update_waits.set(waits);
    }

    /// Asks the server for a newer version when the person returns to a page that has been open for long.
    fn check_for_update(self) {
        let now = clock::now_secs();
        if !page::is_visible() || now - self.checked_at_secs.get_value() < CHECK_EVERY_SECS {
            return;
        }
        self.checked_at_secs.set_value(now);
        let asked = self.registration.with_value(|registration| registration.as_ref().and_then(|it| it.update().ok()));
        if let Some(asked) = asked {
            spawn_local(async move {
                #[expect(clippy::let_underscore_must_use, reason = "without a network the next check follows later")]
                let _ = JsFuture::from(asked).await;
            });
        }
    }

    /// Takes the launch action out of the address, so that neither a reload nor the back button repeats it.
    fn take_launch_action_of_address(self) {
        let location = page::window().location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let launch_action = LaunchAction::of(&query);
        self.loaded_for.set_value(Some(format!("{path}{query}")));
        if launch_action.is_some() {
            self.launch_action.set(launch_action);
            #[expect(
                clippy::let_underscore_must_use,
                reason = "if the history refuses the change, the launch_action is repeated after a reload"
            )]
            let _ = page::window().history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&path)));
        }
    }

    fn take_launches(self, places: Places) {
        let launched = Closure::<dyn FnMut(JsValue)>::new(move |launch: JsValue| self.launched(&launch, places));
        if consume_launches(launched.as_ref()).is_some() {
            self.launches.set_value(Some(SendWrapper::new(launched)));
        }
    }

    /// Handles a launch: the app was started, or brought to the front, perhaps with files or a launch action. The
    /// launch that loaded this page is recognized by its address, and leads nowhere unless it has files.
    fn launched(self, launch: &JsValue, places: Places) {
        let loaded_for = self.loaded_for.try_update_value(Option::take).flatten();
        let handles = handles_of(launch);
        let target = target_of(launch).filter(|target| loaded_for.as_ref() != Some(target));
        let (place, launch_action) = match target.as_deref().and_then(destination) {
            _ if !handles.is_empty() => (Place::Home, None),
            Some(destination) => destination,
            None => return,
        };
        self.open(handles);
        self.launch_action.set(launch_action);
        if place != places::here() {
            places.go(place);
        }
    }

    fn open(self, handles: Vec<FileSystemFileHandle>) {
        spawn_local(async move {
            for handle in handles {
                // A file that does not exist any more is left out.
                if let Ok(file) = JsFuture::from(handle.get_file()).await {
                    let picked = PickedFile { handle: Some(handle), ..PickedFile::from(file.unchecked_into::<web_sys::File>()) };
                    self.opened.update(|opened| opened.push(SendWrapper::new(picked)));
                }
            }
        });
    }

    fn hold(self, listener: EventListener) {
        self.listeners.update_value(|listeners| listeners.push(SendWrapper::new(listener)));
    }
}

/// The installed app around this page.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_installed_app() -> InstalledApp {
    use_context().expect("the app provides the installed app")
}

fn reload() {
    #[expect(clippy::let_underscore_must_use, reason = "reloading fails only for a page without an address")]
    let _ = page::window().location().reload();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_a_server_drew_may_be_dropped_on_another_thread() {
        let page = Owner::new();
        page.with(|| InstalledApp::provide(Places::provide(Place::Home), Hydration::provide(|| {})));
        std::thread::spawn(move || page.cleanup()).join().expect("a page that a server rendered holds nothing that is bound to one thread");
    }
}
