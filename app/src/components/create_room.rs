//! The other gesture of the first page: open a room, perhaps with files in hand.

use leptos::{prelude::*, task::spawn_local};

use super::shared_content::SharedContent;
use crate::{
    browser::{
        activity::{Handed, use_activity},
        api,
        installed_app::{Errand, use_installed_app},
        picking,
        places::use_places,
        toasts::use_toasts,
    },
    i18n::t,
    room::Pin,
    wire::{self, Place},
};

/// A button, and the whole page as a place to drop files on.
#[component]
pub fn CreateRoom() -> impl IntoView {
    let toasts = use_toasts();
    let activity = use_activity();
    let places = use_places();
    let busy = RwSignal::new(false);
    let hovering = RwSignal::new(false);

    let create = move |handed: Handed| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::create_room().await {
                Ok(entered) => {
                    activity.hand_over(entered.pin.clone(), handed);
                    places.go(Place::Room(entered.pin));
                }
                Err(refused) => toasts.show(refused.detail),
            }
            busy.try_set(false);
        });
    };
    Effect::new(move |_| {
        picking::on_files(hovering, move |files| {
            if !files.is_empty() {
                create(Handed { files, text: None });
            }
        });
    });
    let installed = use_installed_app();
    let waits = RwSignal::new(false);
    let with_shared = Callback::new(create);
    let add_shared = Callback::new(move |(pin, handed): (Pin, Handed)| {
        activity.hand_over(pin.clone(), handed);
        places.go(Place::Room(pin));
    });
    Effect::new(move |_| match installed.errand() {
        Some(Errand::Create) => {
            installed.errand_is_done();
            create(Handed::default());
        }
        // The field for the PIN is what this page begins with.
        Some(Errand::Join | Errand::Open) => installed.errand_is_done(),
        Some(Errand::Shared) | None => {}
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create(Handed::default());
    };
    view! {
        <SharedContent create=with_shared add=add_shared waits />
        <form class="create" hidden=move || waits.get() method="post" action=wire::CREATE_FORM on:submit=submitted data-hovering=move || hovering.get().to_string()>
            <p class="create-hint script-only">{t().drop_to_create()}</p>
            <button class="button" type="submit" aria-busy=move || busy.get().to_string()>{t().create_room()}</button>
        </form>
    }
    .into_any()
}
