//! Where the owner's files go in: dropped, pasted or picked.

use leptos::{prelude::*, task::spawn_local};

use crate::browser::{
    kept_files::PickedFile,
    live_room::use_live_room,
    page,
    toasts::use_toasts,
    uploader::{Unfinished, use_uploads},
};

/// The place for files. The whole page takes dropped and pasted ones; a guest's are refused with words.
#[component]
pub fn DropZone() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let hovering = RwSignal::new(false);
    let owner = live.is_owner();

    let add = move |files: Vec<PickedFile>| {
        if files.is_empty() {
            return;
        }
        if owner {
            let unfinished = live.snapshot.with_untracked(|snapshot| snapshot.room.files.iter().filter_map(Unfinished::of).collect());
            uploads.add(live.pin(), files, unfinished);
        } else {
            toasts.show("Only the owner of the room adds files.");
        }
    };
    Effect::new(move |_| page::on_files(hovering, add));
    let pick = move |event: web_sys::MouseEvent| {
        if page::can_pick_handles() {
            // The other picker gives handles, with which an upload goes on after a reload by itself.
            event.prevent_default();
            spawn_local(async move { add(page::pick_with_handles().await) });
        }
    };

    owner.then(|| {
        view! {
            <div class="drop-zone script-only" data-hovering=move || hovering.get().to_string()>
                <p class="drop-title">"Drop files anywhere"</p>
                <p class="drop-hint">"or paste, or"</p>
                <label class="button">
                    "Add files"
                    <input class="visually-hidden" type="file" multiple on:click=pick on:change=move |event| add(page::picked_files(&event)) />
                </label>
            </div>
        }
        .into_any()
    })
}
