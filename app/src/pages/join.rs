//! `/join/{pin}`: what the QR code holds. Opening it joins nobody.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map};

use crate::{
    components::{join_form::JoinForm, masthead::Masthead},
    room::Pin,
    shell::{Page, first_paint},
    wire::{self, ProblemCode},
};

/// The form with the PIN filled in.
#[component]
pub fn JoinPage() -> impl IntoView {
    let problem = match first_paint() {
        Some(Page::Join { problem, .. }) => problem,
        _ => None,
    };
    let pin = use_params_map().read_untracked().get("pin").and_then(|text| text.parse().ok());
    let navigate = use_navigate();
    let to_room = Callback::new(move |pin| navigate(&wire::room_page(&pin), leptos_router::NavigateOptions::default()));
    view! { <WayIn pin problem on_joined=to_room /> }
}

/// The way into one room, with why the last try did not work.
#[component]
pub fn WayIn(pin: Option<Pin>, problem: Option<ProblemCode>, on_joined: Callback<Pin>) -> impl IntoView {
    view! {
        <Title text="Join a room · SnapDrop" />
        <Masthead />
        <main class="home">
            <section class="board" aria-label="Join a room">
                <h1 class="board-title">"Join this room"</h1>
                <JoinForm pin problem asks_name=true on_joined />
            </section>
        </main>
    }
    .into_any()
}
