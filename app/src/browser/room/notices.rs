//! Reports what happens in the room while the page is in the background: it is counted in the tab's title, and people
//! who have agreed to it get system notifications (Notifications API). Failures of this affect nothing else.

use std::{cell::Cell, time::Duration};

use gloo_events::EventListener;
use gloo_timers::future::sleep;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::live_room::{LiveRoom, Topic};
use crate::{
    browser::{
        files::uploader::Total,
        system::{notifications, page, stored},
    },
    format,
    i18n::t,
    room::{FileId, FileState, Pin, Room},
};

/// How long to wait before a notification. Files that arrive within this time are reported together, and uploads have
/// not ended if others begin within it.
const NOTIFICATION_DELAY: Duration = Duration::from_secs(1);
/// The key in the local storage under which the browser remembers that the person has answered the offer.
const ANSWERED: &str = "snapdrop-notices";

/// What happened in the background and has not been seen yet, and whether notifications are offered to the person.
/// Shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Notices {
    total: Memo<Total>,
    unseen: RwSignal<usize>,
    offered: RwSignal<bool>,
    /// The notification that the page shows, which is bound to the browser's one thread. On the server there is none,
    /// and the empty value may be dropped on any thread.
    shown: StoredValue<Option<SendWrapper<notifications::PageNotice>>>,
}

impl Notices {
    /// Starts with nothing to report. `total` is the sum of this browser's uploads.
    #[must_use]
    pub fn provide(total: Memo<Total>) -> Self {
        let notices = Self { total, unseen: RwSignal::new(0), offered: RwSignal::new(false), shown: StoredValue::new(None) };
        provide_context(notices);
        notices
    }

    /// The number of files that arrived while the page was in the background. It is zero again when the page is seen.
    #[must_use]
    pub fn unseen(self) -> usize {
        self.unseen.get()
    }

    /// Whether the page asks the person whether they want notifications.
    #[must_use]
    pub fn offered(self) -> bool {
        self.offered.get()
    }

    /// Makes the browser ask for the permission, which it does only in response to a user gesture.
    pub fn accept(self) {
        notifications::ask_permission();
        self.answered();
    }

    /// Never offers notifications again.
    pub fn decline(self) {
        self.answered();
    }

    fn answered(self) {
        self.offered.set(false);
        stored::remember(ANSWERED, "yes");
    }

    /// Follows a room until its page is left.
    pub fn follow(self, live: LiveRoom) {
        // The effect keeps the listener until the page is left.
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
        let active = Memo::new(move |_| self.total.with(|total| total.active > 0));
        Effect::new(move |were_active: Option<bool>| {
            let are_active = active.get();
            if were_active == Some(true) && !are_active {
                self.uploads_ended(live);
            }
            are_active
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
        self.total.with_untracked(|total| total.active > 0) || live.try_read_untracked(arrives).unwrap_or(false)
    }

    fn arrived(self, live: LiveRoom, files: &[FileId]) {
        let Some(first) = files.first() else { return };
        // Only the owner adds files, so on the owner's page nothing arrives that the owner did not send.
        if live.is_owner() || page::is_visible() {
            return;
        }
        let pin = live.pin();
        let name = live.read_untracked(|room| room.file(*first).map(|file| file.name.to_string()));
        let count = self.unseen.get_untracked() + files.len();
        self.unseen.set(count);
        spawn_local(async move {
            sleep(NOTIFICATION_DELAY).await;
            // If more files have arrived since, their task reports all of them. If the page has been seen, nothing is
            // left to report.
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
            sleep(NOTIFICATION_DELAY).await;
            if page::is_visible() || self.total.with_untracked(|total| total.active > 0) {
                return;
            }
            // There is no value if the page of the room was left meanwhile.
            if let Some(Some(words)) = live.try_read_untracked(ended_words) {
                self.tell(words, &pin).await;
            }
        });
    }

    /// Shows a system notification, if the person has allowed that.
    async fn tell(self, words: &str, pin: &Pin) {
        if notifications::permission().as_deref() != Some("granted") {
            return;
        }
        // The PIN is the tag, so that each room has at most one notification.
        let room = t().notice_room(&format::pin(pin.as_str()));
        if let Some(shown) = notifications::show(words, &room, pin.as_str()).await {
            self.shown.set_value(Some(SendWrapper::new(shown)));
        }
    }
}

/// The [`Notices`] from the context.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_notices() -> Notices {
    use_context().expect("the app provides notices")
}

/// Returns the ids that are in `now` but not in `before`. Both lists are in the order of the room, so a known id is
/// found near the beginning of what is left of `before`.
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

/// The sentence about how the uploads ended, according to the room's state. It is `None` if the room is closed or has
/// no files.
fn ended_words(room: &Room) -> Option<&'static str> {
    if room.closed.is_some() || room.files.is_empty() {
        return None;
    }
    let sent = room.files.iter().all(|file| file.state == FileState::Complete);
    Some(if sent { t().all_sent() } else { t().upload_stopped() })
}

/// Whether notifications may be offered: the person has answered neither this page nor the browser yet.
fn may_be_offered() -> bool {
    notifications::permission().as_deref() == Some("default") && stored::recall(ANSWERED).is_none()
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
