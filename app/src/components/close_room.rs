//! The end of a room: asked once, then everything is erased.

use leptos::{
    html::{Button, Dialog},
    prelude::*,
    task::spawn_local,
};

use crate::browser::{api, live_room::use_live_room, toasts::use_toasts};

/// The owner's button, and the question behind it.
#[component]
pub fn CloseRoom() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let dialog = NodeRef::<Dialog>::new();
    let button = NodeRef::<Button>::new();
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);

    let ask = move |_| {
        if let Some(dialog) = dialog.get() {
            asking.set(true);
            // Fails only for a dialog that is open already.
            drop(dialog.show_modal());
        }
    };
    let keep = move |(): ()| {
        if let Some(dialog) = dialog.get() {
            dialog.close();
        }
    };
    // The browser gives the focus back before the button can be seen again, so it is given here.
    let answered = move |_| {
        asking.set(false);
        request_animation_frame(move || {
            if let Some(button) = button.try_get_untracked().flatten() {
                // Fails only for what is not on the page.
                drop(button.focus());
            }
        });
    };
    let close = move |_| {
        busy.set(true);
        let pin = live.pin();
        spawn_local(async move {
            // The page itself hears of the end over the socket, like everybody's.
            if let Err(problem) = api::close_room(&pin).await {
                toasts.show(problem.detail);
                keep(());
            }
            busy.try_set(false);
        });
    };
    let consequence = move || match live.read(|room| (room.files.len(), room.members.len())) {
        (0, members) => format!("Everyone leaves ({members}), and the PIN stops working."),
        (1, members) => format!("Its file is erased, everyone leaves ({members}), and the PIN stops working."),
        (files, members) => format!("Its {files} files are erased, everyone leaves ({members}), and the PIN stops working."),
    };
    view! {
        <div class="close-room script-only">
            <button class="text-button" type="button" node_ref=button hidden=move || asking.get() on:click=ask>"Close room"</button>
            <dialog class="question" node_ref=dialog aria-labelledby="close-question" on:close=answered>
                <h2 id="close-question">"Are you sure?"</h2>
                <p>{consequence}</p>
                <div class="question-actions">
                    <button class="button" type="button" data-look="outlined" on:click=move |_| keep(())>"Keep it open"</button>
                    <button class="button" type="button" aria-busy=move || busy.get().to_string() on:click=close>"Close room"</button>
                </div>
            </dialog>
        </div>
    }
    .into_any()
}
