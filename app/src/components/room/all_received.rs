//! The line that asks the owner whether to close the room, when everyone has everything.

use leptos::{prelude::*, task::spawn_local};

use crate::components::elements::shown::Shown;
use crate::{
    browser::{
        api,
        room::live_room::{Topic, use_live_room},
        system::toasts::use_toasts,
    },
    i18n::t,
    room::Room,
};

/// Asks the owner whether to close the room as long as each guest has each file. The button closes it without asking
/// again, because nobody loses anything.
#[component]
pub fn AllReceived() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let shown = Memo::new(move |_| {
        live.track(Topic::Seats);
        live.track(Topic::Files);
        live.read(Topic::Receipts, Room::everyone_has_everything) && live.is_owner()
    });
    let busy = RwSignal::new(false);
    let close = move |_| {
        busy.set(true);
        let pin = live.pin();
        spawn_local(async move {
            if let Err(problem) = api::close_room(&pin).await {
                toasts.show(problem.detail);
            }
            // The page may be gone by then.
            busy.try_set(false);
        });
    };
    view! {
        // The element is on the page before it has text, because screen readers announce only changes inside a live
        // region that is already there.
        <output class="all-received" aria-live="polite">
            <Shown when=move || shown.get()>
                <span>{t().everyone_has_everything()}</span>
                <button class="text-button script-only" type="button" aria-busy=move || busy.get().to_string() on:click=close>
                    {t().close_room()}
                </button>
            </Shown>
        </output>
    }
    .into_any()
}
