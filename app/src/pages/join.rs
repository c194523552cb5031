//! `/join/{pin}`: what the QR code holds. Opening it joins nobody.

use leptos::prelude::*;

use crate::{
    browser::places::use_places,
    components::{hydrated_later::HydratedLater, join_form::JoinForm},
    i18n::t,
    room::Pin,
    shell::{Page, first_paint},
    wire::{Place, ProblemCode},
};

/// The form with the PIN filled in.
#[component]
pub fn JoinPage(
    /// The PIN to fill in.
    pin: Pin,
) -> impl IntoView {
    let problem = match first_paint() {
        Some(Page::Join { problem }) => problem,
        _ => None,
    };
    let places = use_places();
    let to_room = Callback::new(move |pin| places.go(Place::Room(pin)));
    view! { <WayIn pin problem on_joined=to_room /> }
}

/// The way into one room, with why the last try did not work.
#[component]
pub fn WayIn(pin: Pin, problem: Option<ProblemCode>, on_joined: Callback<Pin>) -> impl IntoView {
    view! {
        <main class="home">
            <section class="board" aria-label=t().join_a_room()>
                <h1 class="board-title">{t().join_this_room()}</h1>
                <HydratedLater><JoinForm pin=Some(pin) problem asks_name=true on_joined /></HydratedLater>
            </section>
        </main>
    }
    .into_any()
}
