//! `/`: the first page, where a person joins a room by its PIN, or creates one for files.

use leptos::prelude::*;

use crate::{
    browser::system::places::use_places,
    components::{
        elements::hydrated_later::HydratedLater,
        entrance::{
            create_room::CreateRoom,
            join_form::JoinForm,
            known_rooms::{KnownRoomList, KnownRooms},
            share_hint::ShareHint,
        },
    },
    first_paint::{Page, first_paint, use_server},
    format,
    i18n::t,
    wire::Place,
};

/// What SnapDrop is, in one line; the form with which a person joins a room; the buttons that create one; and links back
/// to known rooms.
#[component]
pub fn HomePage() -> impl IntoView {
    let problem = match first_paint() {
        Some(Page::Home { problem }) => problem,
        _ => None,
    };
    KnownRooms::provide();
    let places = use_places();
    let to_room = Callback::new(move |pin| places.go(Place::Room(pin)));
    let ttl = format::duration(use_server().room_ttl_secs);
    let kept = t().kept_until(&ttl);
    view! {
        <main class="home">
            <h1 class="home-title">{t().home_heading()}</h1>
            <section class="board" aria-label=t().join_a_room()>
                <h2 class="board-title">{t().with_a_pin()}</h2>
                <HydratedLater><JoinForm problem on_joined=to_room /></HydratedLater>
            </section>
            <CreateRoom />
            <KnownRoomList />
            <ShareHint />
            <p class="quiet">{kept}</p>
        </main>
    }
    .into_any()
}
