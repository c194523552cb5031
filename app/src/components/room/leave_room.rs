//! Leaving a room for good.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{
        api,
        room::live_room::use_live_room,
        system::{places::use_places, toasts::use_toasts},
    },
    i18n::t,
    wire::{self, Place},
};

/// The button with which a guest gives up the seat, which leads to the first page. Without scripts the browser submits the
/// form.
#[component]
pub fn LeaveRoom() -> impl IntoView {
    let pin = use_live_room().pin();
    let (places, toasts) = (use_places(), use_toasts());
    let action = wire::leave_form(&pin);
    let leave = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let pin = pin.clone();
        spawn_local(async move {
            match api::leave_room(&pin).await {
                Ok(()) => places.go(Place::Home),
                Err(problem) => toasts.show(problem.detail),
            }
        });
    };
    view! {
        <form class="leave-room" method="post" action=action on:submit=leave>
            <button class="text-button" type="submit">{t().leave_room()}</button>
        </form>
    }
    .into_any()
}
