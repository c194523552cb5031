//! Creating a room from the first page, with or without files to put into it.

use leptos::{prelude::*, task::spawn_local};

use super::lazy_shared_content::LazySharedContent;
use crate::{
    browser::{
        api,
        files::{picked_file::PickedFile, picking},
        installed_app::{LaunchAction, use_installed_app},
        room::activity::{HandedOver, use_activity},
        system::{chosen_name, places::use_places, toasts::use_toasts},
    },
    i18n::t,
    room::Pin,
    wire::{self, Place},
};

/// A button that creates a room. Files that are chosen here, or dropped or pasted anywhere on the page, create one, too, and
/// are uploaded to it. While content that came from another app is offered, all of this is hidden.
#[component]
pub fn CreateRoom() -> impl IntoView {
    let toasts = use_toasts();
    let activity = use_activity();
    let places = use_places();
    let busy = RwSignal::new(false);
    let hovering = RwSignal::new(false);

    let create = move |handed: HandedOver| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::create_room(chosen_name::recall()).await {
                Ok(entered) => {
                    let pin = entered.pin.clone();
                    activity.entered(entered);
                    activity.hand_over(pin.clone(), handed);
                    places.go(Place::Room(pin));
                }
                Err(refused) => toasts.show(refused.detail),
            }
            busy.try_set(false);
        });
    };
    let send = move |files: Vec<PickedFile>| {
        if !files.is_empty() {
            create(HandedOver { files, text: None });
        }
    };
    Effect::new(move |_| {
        picking::on_files(hovering, send);
        picking::on_text(true, move |text| create(HandedOver { files: Vec::new(), text: Some(text) }));
    });
    let pick = move |event: web_sys::MouseEvent| {
        if picking::can_pick_handles() {
            // With the handles that this picker gives, an upload can resume by itself after a reload.
            event.prevent_default();
            spawn_local(async move { send(picking::pick_with_handles().await) });
        }
    };
    let installed = use_installed_app();
    let waits = RwSignal::new(false);
    let with_shared = Callback::new(create);
    let add_shared = Callback::new(move |(pin, handed): (Pin, HandedOver)| {
        activity.hand_over(pin.clone(), handed);
        places.go(Place::Room(pin));
    });
    Effect::new(move |_| match installed.launch_action() {
        Some(LaunchAction::Create) => {
            installed.launch_action_is_done();
            create(HandedOver::default());
        }
        // Nothing more to do: the page shows the field for the PIN anyway, and `SharedContent` takes opened files.
        Some(LaunchAction::Join | LaunchAction::Open) => installed.launch_action_is_done(),
        Some(LaunchAction::Shared) | None => {}
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create(HandedOver::default());
    };
    view! {
        <LazySharedContent create=with_shared add=add_shared waits />
        <form class="create" hidden=move || waits.get() method="post" action=wire::address(wire::CREATE_FORM) on:submit=submitted data-hovering=move || hovering.get().to_string()>
            <h2 class="create-title">{t().with_files()}</h2>
            <p class="create-hint script-only">{t().drop_to_create()}</p>
            <div class="create-actions">
                <button class="button" type="submit" aria-busy=move || busy.get().to_string()>{t().create_room()}</button>
                <label class="button script-only" data-look="outlined">
                    {t().choose_files()}
                    <input
                        class="visually-hidden"
                        type="file" autocomplete="off"
                        multiple
                        on:click=pick
                        on:change=move |event| send(picking::picked_files(&event))
                    />
                </label>
            </div>
        </form>
    }
    .into_any()
}
