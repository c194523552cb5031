//! `/join/{pin}`: the address in a room's link and QR code. Opening it does not join the room yet; the person has to
//! submit the form.

use leptos::prelude::*;

use crate::{
    browser::system::places::use_places,
    components::{elements::hydrated_later::HydratedLater, entrance::join_form::JoinForm, room::closed_room::ClosedRoom},
    first_paint::{Page, first_paint},
    i18n::t,
    room::Pin,
    wire::{Place, ProblemCode},
};

/// The join form with the PIN filled in. It leads to the room after joining.
#[component]
pub fn JoinPage(
    /// The PIN to fill in.
    pin: Pin,
) -> impl IntoView {
    let problem = match first_paint() {
        Some(Page::Join { problem }) => problem,
        Some(Page::Closed { at_ms }) => {
            return view! { <ClosedRoom digits=pin.as_str().len() closed_at_ms=at_ms words=t().closed_erased() /> }.into_any();
        }
        _ => None,
    };
    let places = use_places();
    let to_room = Callback::new(move |pin| places.go(Place::Room(pin)));
    view! { <WayIn pin problem on_joined=to_room /> }.into_any()
}

/// The join form for one room as a whole page. The page of a room shows it, too, to people who are not members.
#[component]
pub fn WayIn(
    /// The room's PIN.
    pin: Pin,
    /// Why the last attempt failed.
    problem: Option<ProblemCode>,
    /// Called with the PIN of the room that was joined.
    on_joined: Callback<Pin>,
) -> impl IntoView {
    // A PIN that no room has is there to be corrected.
    let title = if problem == Some(ProblemCode::NoSuchRoom) { t().join_a_room() } else { t().join_this_room() };
    view! {
        <main class="home">
            <section class="board" aria-label=t().join_a_room()>
                <h1 class="board-title">{title}</h1>
                <HydratedLater><JoinForm pin=Some(pin) problem on_joined /></HydratedLater>
            </section>
        </main>
    }
    .into_any()
}
