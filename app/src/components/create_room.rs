//! The other gesture of the first page: open a room, perhaps with files in hand.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use crate::{
    browser::{api, kept_files::PickedFile, page, toasts::use_toasts, uploader::use_uploads},
    wire,
};

/// A button, and the whole page as a place to drop files on.
#[component]
pub fn CreateRoom() -> impl IntoView {
    let toasts = use_toasts();
    let uploads = use_uploads();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let hovering = RwSignal::new(false);

    let create = move |files: Vec<PickedFile>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            match api::create_room().await {
                Ok(entered) => {
                    navigate(&wire::room_page(&entered.pin), leptos_router::NavigateOptions::default());
                    uploads.add(entered.pin, files, Vec::new());
                }
                Err(refused) => toasts.show(refused.detail),
            }
            busy.try_set(false);
        });
    };
    let dropped = create.clone();
    Effect::new(move |_| {
        let create = dropped.clone();
        page::on_files(hovering, move |files| {
            if !files.is_empty() {
                create(files);
            }
        });
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create(Vec::new());
    };
    view! {
        <form class="create" method="post" action=wire::CREATE_FORM on:submit=submitted data-hovering=move || hovering.get().to_string()>
            <p class="create-hint script-only">"Drop files to open a room"</p>
            <button class="button" type="submit" aria-busy=move || busy.get().to_string()>"Create room"</button>
        </form>
    }
    .into_any()
}
