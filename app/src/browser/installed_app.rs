//! The app as the system knows it once it is installed: its service worker and newer versions of it, how it is
//! launched, and what other apps hand to it.
//!
//! The worker itself is plain JavaScript (`server/src/http/service_worker.js`); what is shared it keeps in IndexedDB.

use futures::try_join;
use gloo_events::EventListener;
use idb::{DatabaseEvent as _, Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Array, Function, Object, Reflect};
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemFileHandle, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration};

use super::{
    activity::Handed,
    hydration::{Hydration, next_turn},
    kept_files::PickedFile,
    page,
    places::{self, Places},
};
use crate::wire::Place;

/// Where the server has the worker.
const WORKER: &str = "/sw.js";
/// The first page, as the manifest names it.
const START: &str = "/";
/// How often a page that stays open looks for a newer version, at most. Browsers look when a page is loaded.
const LOOK_EVERY_SECS: f64 = 3600.0;

/// The worker's names for where it keeps what was shared.
const DATABASE: &str = "snapdrop-share";
const SHARES: &str = "shares";
const NEWEST: &str = "newest";

/// What the address of the first page asks for (`?do=…`); the manifest has these addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Open a room.
    Create,
    /// Ask for the PIN of one.
    Join,
    /// Show what another app shared.
    Shared,
    /// Show the files that the system opened with this app; they come with the launch.
    Open,
}

impl Errand {
    fn of(query: &str) -> Option<Self> {
        query.trim_start_matches('?').split('&').find_map(|pair| match pair {
            "do=create" => Some(Self::Create),
            "do=join" => Some(Self::Join),
            "do=shared" => Some(Self::Shared),
            "do=open" => Some(Self::Open),
            _ => None,
        })
    }
}

/// What the browser calls with every launch.
type LaunchConsumer = Closure<dyn FnMut(JsValue)>;

/// The installed app around this page; nothing of it moves where there are no service workers.
#[derive(Clone, Copy, Debug)]
pub struct InstalledApp {
    /// Whether a newer version is here and waits to be used.
    pub update_waits: RwSignal<bool>,
    errand: RwSignal<Option<Errand>>,
    /// Files that the system opened with this app, until a page takes them.
    opened: RwSignal<Vec<SendWrapper<PickedFile>>>,
    // Each bound to the browser's one thread; a server drops its own, empty ones anywhere.
    registration: StoredValue<Option<SendWrapper<ServiceWorkerRegistration>>>,
    listeners: StoredValue<Vec<SendWrapper<EventListener>>>,
    /// The browser calls it for every launch, as long as there is the page; there is no way to take it back.
    launches: StoredValue<Option<SendWrapper<LaunchConsumer>>>,
    /// The address that this page was loaded for, until the launch that loaded it was heard of.
    loaded_for: StoredValue<Option<String>>,
    looked_at_secs: StoredValue<f64>,
}

impl InstalledApp {
    /// Shared through the context. A launch of the running app leads to another of its `places` without loading a page,
    /// because files may be on their way from this one.
    pub fn provide(places: Places, hydration: Hydration) -> Self {
        let app = Self {
            update_waits: RwSignal::new(false),
            errand: RwSignal::new(None),
            opened: RwSignal::new(Vec::new()),
            registration: StoredValue::new(None),
            listeners: StoredValue::new(Vec::new()),
            launches: StoredValue::new(None),
            loaded_for: StoredValue::new(None),
            looked_at_secs: StoredValue::new(0.0),
        };
        provide_context(app);
        Effect::new(move |_| {
            if hydration.is_over() {
                spawn_local(async move {
                    // The page comes first.
                    next_turn().await;
                    app.take_errand_of_address();
                    app.take_launches(places);
                    app.register_when_loaded();
                });
            }
        });
        app
    }

    /// What the first page is to do, until it says that it is done.
    #[must_use]
    pub fn errand(self) -> Option<Errand> {
        self.errand.get()
    }

    /// The page does what it was asked for.
    pub fn errand_is_done(self) {
        self.errand.set(None);
    }

    /// Goes on with the version that waits, which loads the page again. Only when the person says so: what the page
    /// holds is lost.
    pub fn take_update(self) {
        let waiting = self.registration.with_value(|registration| registration.as_ref().and_then(|it| it.waiting()));
        // Another tab may have been faster: then it is in use already.
        let (Some(workers), Some(waiting)) = (workers(), waiting) else { return reload() };
        self.hold(EventListener::once(&workers, "controllerchange", |_| reload()));
        if tell(&waiting, "take_over").is_err() {
            self.look();
        }
    }

    /// Files that the system opened with this app: each is given once. Whoever asks in an effect is asked again when
    /// there are more.
    #[must_use]
    pub fn take_opened(self) -> Vec<PickedFile> {
        let opened = self.opened.get();
        if !opened.is_empty() {
            self.opened.set(Vec::new());
        }
        opened.into_iter().map(SendWrapper::take).collect()
    }

    /// After the page is there: nothing of it has to wait for the worker.
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
            let registered = JsFuture::from(workers.register(WORKER)).await;
            match registered.and_then(|it| it.dyn_into::<ServiceWorkerRegistration>()) {
                Ok(registration) => self.watch(&registration),
                // Storage may be forbidden or full: everything works without, only not offline.
                Err(refused) => web_sys::console::debug_2(&"no service worker:".into(), &refused),
            }
        });
    }

    /// Notices newer versions from now on.
    fn watch(self, registration: &ServiceWorkerRegistration) {
        self.registration.set_value(Some(SendWrapper::new(registration.clone())));
        self.looked_at_secs.set_value(page::now_secs());
        for worker in [registration.installing(), registration.waiting()].into_iter().flatten() {
            self.follow(&worker);
        }
        self.look();
        let found = registration.clone();
        self.hold(EventListener::new(registration, "updatefound", move |_| {
            if let Some(worker) = found.installing() {
                self.follow(&worker);
            }
        }));
        self.hold(EventListener::new(&page::document(), "visibilitychange", move |_| self.ask_for_newer()));
    }

    fn follow(self, worker: &ServiceWorker) {
        self.hold(EventListener::new(worker, "statechange", move |_| self.look()));
    }

    /// Looks whether a version waits. The very first one never does, although it passes through that state.
    fn look(self) {
        let waits = self.registration.with_value(|registration| {
            registration.as_ref().is_some_and(|registration| registration.waiting().is_some() && registration.active().is_some())
        });
        self.update_waits.set(waits);
    }

    /// Asks the server for a newer version when the person comes back to a page that was open for long.
    fn ask_for_newer(self) {
        let now = page::now_secs();
        if !page::is_visible() || now - self.looked_at_secs.get_value() < LOOK_EVERY_SECS {
            return;
        }
        self.looked_at_secs.set_value(now);
        let asked = self.registration.with_value(|registration| registration.as_ref().and_then(|it| it.update().ok()));
        if let Some(asked) = asked {
            // Without a network it is asked again later.
            spawn_local(async move { drop(JsFuture::from(asked).await) });
        }
    }

    /// Takes the errand out of the address, so that neither a reload nor the way back runs it again.
    fn take_errand_of_address(self) {
        let location = page::window().location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let errand = Errand::of(&query);
        self.loaded_for.set_value(Some(format!("{path}{query}")));
        if errand.is_some() {
            self.errand.set(errand);
            // A history that takes nothing more has the errand run again after a reload.
            drop(page::window().history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&path))));
        }
    }

    fn take_launches(self, places: Places) {
        let launched = Closure::<dyn FnMut(JsValue)>::new(move |launch: JsValue| self.launched(&launch, places));
        if consume_launches(launched.as_ref()).is_some() {
            self.launches.set_value(Some(SendWrapper::new(launched)));
        }
    }

    /// The app was started, or called to the front with something to do.
    fn launched(self, launch: &JsValue, places: Places) {
        let loaded_for = self.loaded_for.try_update_value(Option::take).flatten();
        let handles = handles_of(launch);
        let target = target_of(launch).filter(|target| loaded_for.as_ref() != Some(target));
        let (place, errand) = match target.as_deref().and_then(way) {
            _ if !handles.is_empty() => (Place::Home, None),
            Some(way) => way,
            None => return,
        };
        self.open(handles);
        self.errand.set(errand);
        if place != places::here() {
            places.go(place);
        }
    }

    fn open(self, handles: Vec<FileSystemFileHandle>) {
        spawn_local(async move {
            for handle in handles {
                // One that is gone by now cannot be shown.
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

/// The installed app of this page.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_installed_app() -> InstalledApp {
    use_context().expect("the app provides what is installed of it")
}

/// Takes what another app shared, so that it is shown once; none where nothing came.
pub async fn take_share() -> Option<Handed> {
    let share = take_newest().await.ok().flatten()?;
    let files: Array = Reflect::get(&share, &"files".into()).ok()?.dyn_into().ok()?;
    let files: Vec<File> = files.iter().filter_map(|file| file.dyn_into().ok()).collect();
    let text = Reflect::get(&share, &"text".into()).ok()?.as_string().filter(|text| !text.trim().is_empty());
    Some(Handed { files: files.into_iter().map(PickedFile::from).collect(), text }).filter(|shared| !shared.is_empty())
}

async fn take_newest() -> Result<Option<JsValue>, idb::Error> {
    let mut opening = Factory::new()?.open(DATABASE, Some(1))?;
    opening.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            // It fails only if the store is there already.
            drop(database.create_object_store(SHARES, ObjectStoreParams::new()));
        }
    });
    let database = opening.await?;
    let shares = database.transaction(&[SHARES], TransactionMode::ReadWrite)?.object_store(SHARES)?;
    let (share, ()) = try_join!(shares.get(JsValue::from(NEWEST))?.into_future(), shares.delete(JsValue::from(NEWEST))?.into_future())?;
    database.close();
    Ok(share)
}

/// Whether this is a browser in which no app can be a target for sharing: on an iPhone or iPad, unless the app is
/// installed, because then the person is where the hint would lead.
#[must_use]
pub fn needs_share_hint() -> bool {
    let navigator = page::window().navigator();
    let is_installed = Reflect::get(&navigator, &"standalone".into()).is_ok_and(|it| it.is_truthy());
    !is_installed && navigator.user_agent().is_ok_and(|user_agent| is_ios(&user_agent, page::touch_points()))
}

/// An iPad claims to be a Mac, but a Mac has no touch points.
fn is_ios(user_agent: &str, touch_points: u32) -> bool {
    ["iPhone", "iPad", "iPod"].iter().any(|name| user_agent.contains(name)) || (user_agent.contains("Macintosh") && touch_points > 1)
}

/// Tells the worker behind this page, if there is one, what has changed.
pub(super) fn tell_worker(what: &str) {
    if let Some(worker) = workers().and_then(|workers| workers.controller()) {
        // Only what cannot be copied is refused.
        drop(tell(&worker, what));
    }
}

fn tell(worker: &ServiceWorker, what: &str) -> Result<(), JsValue> {
    let message = Object::new();
    Reflect::set(&message, &"type".into(), &what.into())?;
    worker.post_message(&message)
}

/// Nothing on pages without TLS, and where the browser forbids them.
fn workers() -> Option<ServiceWorkerContainer> {
    Reflect::get(&page::window().navigator(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

fn reload() {
    // It fails only where a page has no address.
    drop(page::window().location().reload());
}

/// Launches are not in web-sys yet.
fn consume_launches(consumer: &JsValue) -> Option<()> {
    let queue = Reflect::get(&page::window(), &"launchQueue".into()).ok()?;
    let set: Function = Reflect::get(&queue, &"setConsumer".into()).ok()?.dyn_into().ok()?;
    set.call1(&queue, consumer).ok().map(drop)
}

fn handles_of(launch: &JsValue) -> Vec<FileSystemFileHandle> {
    let files = Reflect::get(launch, &"files".into()).ok().and_then(|files| files.dyn_into::<Array>().ok());
    files.map(|files| files.iter().filter_map(|handle| handle.dyn_into().ok()).collect()).unwrap_or_default()
}

/// The path and the query that the app was launched for.
fn target_of(launch: &JsValue) -> Option<String> {
    let address = Reflect::get(launch, &"targetURL".into()).ok()?.as_string()?;
    let origin = page::window().location().origin().ok()?;
    address.strip_prefix(&origin).map(str::to_owned)
}

/// Where in the app a launch leads. One for the start leads nowhere: whoever presses the icon wants the app as they
/// left it.
fn way(target: &str) -> Option<(Place, Option<Errand>)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    (target != START).then(|| (Place::at(path), Errand::of(query)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_is_read_out_of_the_query() {
        assert_eq!(Errand::of("?do=shared"), Some(Errand::Shared));
        assert_eq!(Errand::of("?problem=no_such_room&do=join"), Some(Errand::Join));
        for query in ["", "?", "?do=", "?do=nothing", "?redo=create"] {
            assert_eq!(Errand::of(query), None, "{query}");
        }
    }

    #[test]
    fn a_shortcut_leads_somewhere_and_the_icon_does_not() {
        assert_eq!(way("/"), None);
        assert_eq!(way("/?do=create"), Some((Place::Home, Some(Errand::Create))));
        assert_eq!(way("/r/482913"), Some((Place::Room("482913".parse().unwrap()), None)));
    }

    #[test]
    fn a_mac_that_can_be_touched_is_an_ipad() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
        assert!(is_ios(mac, 5) && !is_ios(mac, 0));
        assert!(is_ios("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)", 5));
        assert!(!is_ios("Mozilla/5.0 (Linux; Android 10; K)", 5));
    }

    #[test]
    fn a_page_that_a_server_drew_may_be_dropped_on_another_thread() {
        let page = Owner::new();
        page.with(|| InstalledApp::provide(Places::provide(Place::Home), Hydration::provide()));
        std::thread::spawn(move || page.cleanup()).join().expect("nothing of it belongs to one thread");
    }
}
