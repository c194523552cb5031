//! The other gesture of the first page: open a room, perhaps with files in hand.

use leptos::{prelude::*, task::spawn_local};

use super::shared_content::SharedContent;
use crate::{
    browser::{
        api,
        installed_app::{Errand, use_installed_app},
        kept_files::PickedFile,
        picking,
        places::use_places,
        toasts::use_toasts,
        uploader::use_uploads,
    },
    wire::{self, Place},
};

/// A button, and the whole page as a place to drop files on.
#[component]
pub fn CreateRoom() -> impl IntoView {
    let toasts = use_toasts();
    let uploads = use_uploads();
    let places = use_places();
    let busy = RwSignal::new(false);
    let hovering = RwSignal::new(false);

    let create = move |files: Vec<PickedFile>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::create_room().await {
                Ok(entered) => {
                    places.go(Place::Room(entered.pin.clone()));
                    uploads.add(entered.pin, files, Vec::new());
                }
                Err(refused) => toasts.show(refused.detail),
            }
            busy.try_set(false);
        });
    };
    Effect::new(move |_| {
        picking::on_files(hovering, move |files| {
            if !files.is_empty() {
                create(files);
            }
        });
    });
    let installed = use_installed_app();
    let waits = RwSignal::new(false);
    let with_shared = Callback::new(create);
    Effect::new(move |_| match installed.errand() {
        Some(Errand::Create) => {
            installed.errand_is_done();
            create(Vec::new());
        }
        // The field for the PIN is what this page begins with.
        Some(Errand::Join | Errand::Open) => installed.errand_is_done(),
        Some(Errand::Shared) | None => {}
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create(Vec::new());
    };
    view! {
        <SharedContent create=with_shared waits />
        <form class="create" hidden=move || waits.get() method="post" action=wire::CREATE_FORM on:submit=submitted data-hovering=move || hovering.get().to_string()>
            <p class="create-hint script-only">"Drop files to open a room"</p>
            <button class="button" type="submit" aria-busy=move || busy.get().to_string()>"Create room"</button>
        </form>
    }
    .into_any()
}
