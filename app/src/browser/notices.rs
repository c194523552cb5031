//! What happens in the room while nobody looks: counted for the tab, and told through the system to those who asked
//! for it (Notifications API). Whatever of that fails, nothing else does.

use std::{cell::Cell, time::Duration};

use gloo_events::EventListener;
use gloo_timers::future::sleep;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventTarget, Storage};

use super::{
    live_room::{LiveRoom, Topic},
    page,
    uploader::Total,
};
use crate::{
    format,
    i18n::t,
    room::{FileId, FileState, Pin, Room},
};

/// What follows this soon is told together, and is no end of the uploads yet.
const SETTLED: Duration = Duration::from_secs(1);
/// Where the browser keeps that the person has answered.
const ANSWERED: &str = "snapdrop-notices";

/// What nobody has seen yet, and whether to offer to tell of it; shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Notices {
    total: Memo<Total>,
    unseen: RwSignal<usize>,
    offered: RwSignal<bool>,
    /// Bound to the browser's one thread, but not the place of it: a server drops its own, empty one anywhere.
    shown: StoredValue<Option<SendWrapper<PageNotice>>>,
}

impl Notices {
    /// Nothing has happened yet; `total` is what this browser sends.
    #[must_use]
    pub fn provide(total: Memo<Total>) -> Self {
        let notices = Self { total, unseen: RwSignal::new(0), offered: RwSignal::new(false), shown: StoredValue::new(None) };
        provide_context(notices);
        notices
    }

    /// Files that arrived while the page was in the background, until it is seen.
    #[must_use]
    pub fn unseen(self) -> usize {
        self.unseen.get()
    }

    /// Whether the person is asked whether they want to be told.
    #[must_use]
    pub fn offered(self) -> bool {
        self.offered.get()
    }

    /// Has the browser ask for the permission; only in answer to a gesture.
    pub fn accept(self) {
        drop(ask_permission());
        self.answered();
    }

    /// Never offers it again.
    pub fn decline(self) {
        self.answered();
    }

    fn answered(self) {
        self.offered.set(false);
        if let Some(storage) = storage() {
            // One that takes nothing more offers it again on a later visit.
            drop(storage.set_item(ANSWERED, "yes"));
        }
    }

    /// Follows a room until its page is left.
    pub fn follow(self, live: LiveRoom) {
        // The listener is held until then.
        Effect::new(move |_: Option<EventListener>| self.follow_visibility(live));
        let complete = Memo::new(move |_| {
            live.read(Topic::Files, |room| {
                room.files.iter().filter(|file| file.state == FileState::Complete).map(|file| file.id).collect::<Vec<_>>()
            })
        });
        Effect::new(move |before: Option<Vec<FileId>>| {
            let now = complete.get();
            if let Some(before) = before {
                self.arrived(live, &added(&before, &now));
            }
            now
        });
        let moves = Memo::new(move |_| self.total.with(|total| total.moving > 0));
        Effect::new(move |moved: Option<bool>| {
            let moves = moves.get();
            if moved == Some(true) && !moves {
                self.uploads_ended(live);
            }
            moves
        });
    }

    fn follow_visibility(self, live: LiveRoom) -> EventListener {
        let left_too_early = Cell::new(false);
        EventListener::new(&page::document(), "visibilitychange", move |_| {
            if !page::is_visible() {
                left_too_early.set(self.is_something_arriving(live));
                return;
            }
            self.unseen.set(0);
            self.shown.set_value(None);
            if left_too_early.take() && may_be_offered() {
                self.offered.set(true);
            }
        })
    }

    fn is_something_arriving(self, live: LiveRoom) -> bool {
        let arrives = |room: &Room| room.files.iter().any(|file| file.state == FileState::Arriving);
        self.total.with_untracked(|total| total.moving > 0) || live.try_read_untracked(arrives).unwrap_or(false)
    }

    fn arrived(self, live: LiveRoom, files: &[FileId]) {
        let Some(first) = files.first() else { return };
        // Only the owner adds files: on its own page nothing arrives that it did not send.
        if live.is_owner() || page::is_visible() {
            return;
        }
        let pin = live.pin();
        let name = live.read_untracked(|room| room.file(*first).map(|file| file.name.to_string()));
        let count = self.unseen.get_untracked() + files.len();
        self.unseen.set(count);
        spawn_local(async move {
            sleep(SETTLED).await;
            // If more came since, that is told together; if somebody looked, nothing is left to tell.
            if self.unseen.get_untracked() == count {
                self.tell(&arrived_words(count, &name.unwrap_or_default()), &pin).await;
            }
        });
    }

    fn uploads_ended(self, live: LiveRoom) {
        if page::is_visible() {
            return;
        }
        let pin = live.pin();
        spawn_local(async move {
            sleep(SETTLED).await;
            if page::is_visible() || self.total.with_untracked(|total| total.moving > 0) {
                return;
            }
            // Without a value the page of the room was left meanwhile.
            if let Some(Some(words)) = live.try_read_untracked(ended_words) {
                self.tell(words, &pin).await;
            }
        });
    }

    /// Tells it through the system, if that is allowed.
    async fn tell(self, words: &str, pin: &Pin) {
        if permission().as_deref() != Some("granted") {
            return;
        }
        let (words, options) = (JsValue::from(words), options(pin));
        // Phones show what a service worker hands them, and nothing else.
        if by_worker(&words, &options).await.is_none() {
            self.shown.set_value(PageNotice::show(&words, &options).map(SendWrapper::new));
        }
    }
}

/// What nobody has seen yet.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_notices() -> Notices {
    use_context().expect("the app provides notices")
}

/// The ids that are new; both lists are in the order of the room, so what stayed is found at once.
pub(crate) fn added(before: &[FileId], now: &[FileId]) -> Vec<FileId> {
    let mut rest = before;
    let mut is_new = |id: &FileId| match rest.iter().position(|known| known == id) {
        Some(at) => {
            rest = &rest[at + 1..];
            false
        }
        None => true,
    };
    now.iter().copied().filter(|id| is_new(id)).collect()
}

fn arrived_words(count: usize, name: &str) -> String {
    if count == 1 { t().file_arrived(name) } else { t().files_arrived(count) }
}

/// What became of the uploads, as the room has it. There is nothing to say of a room without files.
fn ended_words(room: &Room) -> Option<&'static str> {
    if room.closed.is_some() || room.files.is_empty() {
        return None;
    }
    let sent = room.files.iter().all(|file| file.state == FileState::Complete);
    Some(if sent { t().all_sent() } else { t().upload_stopped() })
}

/// Whether the person can still be asked, by this page and by the browser.
fn may_be_offered() -> bool {
    permission().as_deref() == Some("default") && storage().is_some_and(|storage| matches!(storage.get_item(ANSWERED), Ok(None)))
}

fn storage() -> Option<Storage> {
    page::window().local_storage().ok().flatten()
}

/// Missing where the browser has none, or only for pages that are installed.
fn notification_class() -> Option<Function> {
    Reflect::get(&page::window(), &"Notification".into()).ok()?.dyn_into().ok()
}

fn permission() -> Option<String> {
    let class = notification_class()?;
    Reflect::get(&class, &"permission".into()).ok()?.as_string()
}

/// The answer is read when there is something to tell.
fn ask_permission() -> Option<JsValue> {
    let class = notification_class()?;
    let ask: Function = Reflect::get(&class, &"requestPermission".into()).ok()?.dyn_into().ok()?;
    ask.call0(&class).ok()
}

/// One notice for each room: a newer one takes the place of the one before.
fn options(pin: &Pin) -> JsValue {
    let options = Object::new();
    let room = t().notice_room(&format::pin(pin.as_str()));
    for (name, value) in [("body", room.as_str()), ("tag", pin.as_str()), ("icon", "/icon-192.png")] {
        // Fails only for objects that take nothing.
        drop(Reflect::set(&options, &name.into(), &value.into()));
    }
    options.into()
}

/// Nothing if there is no worker at work, or the browser does not want to.
async fn by_worker(words: &JsValue, options: &JsValue) -> Option<JsValue> {
    let workers = Reflect::get(&page::window().navigator(), &"serviceWorker".into()).ok()?;
    let registration = answer(&workers, "getRegistration", &Array::new()).await?;
    answer(&registration, "showNotification", &Array::of2(words, options)).await
}

async fn answer(of: &JsValue, method: &str, arguments: &Array) -> Option<JsValue> {
    let method: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    let asked: Promise = method.apply(of, arguments).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok()
}

/// A notice that the page shows by itself: a press on it leads back here. It goes when it is dropped.
struct PageNotice {
    notice: EventTarget,
    _pressed: EventListener,
}

impl PageNotice {
    fn show(words: &JsValue, options: &JsValue) -> Option<Self> {
        let notice = Reflect::construct(&notification_class()?, &Array::of2(words, options)).ok()?;
        let notice: EventTarget = notice.dyn_into().ok()?;
        // A browser that does not let the page come to the front leaves it where it is.
        let pressed = EventListener::new(&notice, "click", |_| drop(page::window().focus()));
        Some(Self { notice, _pressed: pressed })
    }
}

impl Drop for PageNotice {
    fn drop(&mut self) {
        let close = Reflect::get(&self.notice, &"close".into()).ok().and_then(|close| close.dyn_into::<Function>().ok());
        // Nothing happens to one that is gone already.
        drop(close.map(|close| close.call0(&self.notice)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(values: &[u128]) -> Vec<FileId> {
        values.iter().copied().map(FileId::new).collect()
    }

    #[test]
    fn what_was_not_there_before_is_new() {
        let cases: [(&[u128], &[u128], &[u128]); 5] = [
            (&[], &[1, 2], &[1, 2]),
            (&[1, 2], &[1, 2], &[]),
            (&[1, 3], &[1, 2, 3, 4], &[2, 4]),
            (&[1, 2, 3], &[1, 3, 4], &[4]),
            (&[1, 2], &[3], &[3]),
        ];
        for (before, now, new) in cases {
            assert_eq!(added(&ids(before), &ids(now)), ids(new), "{before:?} → {now:?}");
        }
    }

    #[test]
    fn one_file_is_told_by_its_name_and_several_by_their_number() {
        assert_eq!(arrived_words(1, "film.mov"), "“film.mov” is here.");
        assert_eq!(arrived_words(3, "film.mov"), "3 files are here.");
    }

    #[test]
    fn a_room_without_files_has_nothing_to_tell_of_uploads() {
        let room = Room::new("482913".parse().unwrap(), 0);
        assert_eq!(ended_words(&room), None);
    }
}
