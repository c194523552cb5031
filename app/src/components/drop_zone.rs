//! Where the owner's files go in: dropped, pasted or picked.

use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use crate::browser::{
    hydration::use_hydration,
    kept_files::PickedFile,
    live_room::use_live_room,
    picking,
    toasts::use_toasts,
    uploader::{Unfinished, use_uploads},
};

use crate::i18n::t;

/// The place for files. The whole page takes dropped and pasted ones; a guest's are refused with words.
#[component]
pub fn DropZone() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let hovering = RwSignal::new(false);
    let owner = live.is_owner();
    let hydration = use_hydration();
    let early = RwSignal::new(Vec::<SendWrapper<PickedFile>>::new());

    let add = move |files: Vec<PickedFile>| {
        if files.is_empty() {
            return;
        }
        // Uploads change rows that may not be alive yet.
        if !hydration.is_over_untracked() {
            early.update(|early| early.extend(files.into_iter().map(SendWrapper::new)));
        } else if owner {
            let unfinished = live.read_untracked(|room| room.files.iter().filter_map(Unfinished::of).collect());
            uploads.add(live.pin(), files, unfinished);
        } else {
            toasts.show(t().owner_adds_files());
        }
    };
    Effect::new(move |_| {
        if hydration.is_over() {
            add(early.try_update(std::mem::take).unwrap_or_default().into_iter().map(SendWrapper::take).collect());
        }
    });
    Effect::new(move |_| picking::on_files(hovering, add));
    let pick = move |event: web_sys::MouseEvent| {
        if picking::can_pick_handles() {
            // The other picker gives handles, with which an upload goes on after a reload by itself.
            event.prevent_default();
            spawn_local(async move { add(picking::pick_with_handles().await) });
        }
    };

    // Known only in the browser, so the button appears after the first paint.
    let folders = RwSignal::new(false);
    Effect::new(move |_| folders.set(picking::can_pick_folders()));

    owner.then(|| {
        view! {
            <div class="drop-zone script-only" data-hovering=move || hovering.get().to_string()>
                <p class="drop-title">{t().drop_anywhere()}</p>
                <p class="drop-hint">{t().or_paste()}</p>
                <label class="button">
                    {t().add_files()}
                    <input class="visually-hidden" type="file" autocomplete="off" multiple on:click=pick on:change=move |event| add(picking::picked_files(&event)) />
                </label>
                <label class="text-link touch-only">
                    {t().take_photo()}
                    <input
                        class="visually-hidden"
                        type="file" autocomplete="off"
                        accept="image/*"
                        capture="environment"
                        on:change=move |event| add(picking::picked_files(&event))
                    />
                </label>
                <Show when=move || folders.get()>
                    <label class="text-link">
                        {t().add_folder()}
                        <input
                            class="visually-hidden"
                            type="file" autocomplete="off"
                            prop:webkitdirectory=true
                            on:change=move |event| add(picking::picked_files(&event))
                        />
                    </label>
                </Show>
            </div>
        }
        .into_any()
    })
}
