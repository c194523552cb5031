//! The list of the room's members.

use leptos::prelude::*;

use super::member_row::MemberRow;
use crate::{
    browser::room::live_room::{Topic, use_live_room},
    components::elements::hydrated_later::HydratedLater,
    i18n::t,
    room::Presence,
};

/// Everybody who has a seat in the room, in the order of joining, with the number of those who are connected.
#[component]
pub fn MemberList() -> impl IntoView {
    let live = use_live_room();
    let ids = Memo::new(move |_| live.read(Topic::Seats, |room| room.members.iter().map(|member| member.id).collect::<Vec<_>>()));
    let here = Memo::new(move |_| {
        live.read(Topic::Presence, |room| room.members.iter().filter(|member| member.presence == Presence::Connected).count())
    });
    view! {
        <section class="members" aria-labelledby="members-heading">
            <header class="list-head">
                <h2 class="label" id="members-heading">{t().members()}</h2>
                <span class="list-sum">{move || t().members_here(here.get())}</span>
            </header>
            <ul class="member-list" aria-label=t().members()>
                <For each=move || ids.get() key=|id| *id let:id>
                    <HydratedLater><MemberRow id /></HydratedLater>
                </For>
            </ul>
        </section>
    }
    .into_any()
}
