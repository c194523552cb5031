//! The place where the owner adds files: by dropping, pasting or picking them.

use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::already_here::Doubles;
use crate::{
    browser::{
        files::{
            folder_picker,
            picked_file::PickedFile,
            picking,
            uploader::{Unfinished, use_uploads},
        },
        room::{
            live_room::{Topic, use_live_room},
            removals::use_removals,
        },
        system::{hydration::use_hydration, toasts::use_toasts},
    },
    components::elements::shown::Shown,
    i18n::t,
};

/// The buttons that pick files; only the owner sees them. Files can be dropped or pasted anywhere on the page. If a
/// guest does so, a toast says that only the owner adds files.
#[component]
pub fn DropZone() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let hovering = RwSignal::new(false);
    let owner = live.is_owner();
    let hydration = use_hydration();
    let removals = use_removals();
    let doubles: Doubles = expect_context();
    let early = RwSignal::new(Vec::<SendWrapper<PickedFile>>::new());

    let add = move |files: Vec<PickedFile>| {
        if files.is_empty() {
            return;
        }
        // An upload changes the list, which must not change before it is hydrated. Files that come before wait in
        // `early`.
        if !hydration.is_over_untracked() {
            early.update(|early| early.extend(files.into_iter().map(SendWrapper::new)));
        } else if owner {
            let new = doubles.keep(live, removals, files);
            let unfinished = live.read_untracked(|room| room.files.iter().filter_map(Unfinished::of).collect());
            uploads.add(live.pin(), new, unfinished);
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
            // `showOpenFilePicker` gives file handles, with which an upload can resume by itself after a reload.
            event.prevent_default();
            spawn_local(async move { add(picking::pick_with_handles().await) });
        }
    };

    let pick_folder = move |event: web_sys::MouseEvent| {
        if folder_picker::is_there() {
            event.prevent_default();
            spawn_local(async move { add(folder_picker::pick().await) });
        }
    };

    // Only the browser knows whether it can pick folders, so the button appears after hydration.
    let folders = RwSignal::new(false);
    Effect::new(move |_| folders.set(picking::can_pick_folders()));

    let is_empty = Memo::new(move |_| live.read(Topic::Files, |room| room.files.is_empty()));

    owner.then(|| {
        view! {
            <div class="drop-zone action-bar script-only" data-empty=move || is_empty.get().to_string()>
                <Shown when=move || hovering.get()>
                    <p class="drop-overlay">{t().drop_to_add()}</p>
                </Shown>
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
                <Shown when=move || folders.get()>
                    <label class="text-link">
                        {t().add_folder()}
                        <input
                            class="visually-hidden"
                            type="file" autocomplete="off"
                            prop:webkitdirectory=true
                            on:click=pick_folder
                            on:change=move |event| add(picking::picked_files(&event))
                        />
                    </label>
                </Shown>
            </div>
        }
        .into_any()
    })
}
