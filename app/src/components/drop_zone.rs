//! Where the owner's files go in: dropped, pasted or picked.

use leptos::prelude::*;

use crate::browser::{live_room::use_live_room, page, toasts::use_toasts, uploader::use_uploads};

/// The place for files. The whole page takes dropped and pasted ones; a guest's are refused with words.
#[component]
pub fn DropZone() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let hovering = RwSignal::new(false);
    let owner = live.is_owner();

    let add = move |files: Vec<web_sys::File>| {
        if files.is_empty() {
            return;
        }
        if owner {
            uploads.add(live.pin(), files);
        } else {
            toasts.show("Only the owner of the room adds files.");
        }
    };
    Effect::new(move |_| page::on_files(hovering, add));

    owner.then(|| {
        view! {
            <div class="drop-zone script-only" data-hovering=move || hovering.get().to_string()>
                <p class="drop-title">"Drop files anywhere"</p>
                <p class="drop-hint">"or paste, or"</p>
                <label class="button">
                    "Add files"
                    <input class="visually-hidden" type="file" multiple on:change=move |event| add(page::picked_files(&event)) />
                </label>
            </div>
        }
        .into_any()
    })
}
