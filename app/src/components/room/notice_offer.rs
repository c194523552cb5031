//! The offer to notify the person of files that arrive, or uploads that end, while the page is in the background.

use leptos::prelude::*;

use crate::components::elements::shown::Shown;
use crate::{
    browser::room::{live_room::use_live_room, notices::use_notices},
    i18n::t,
};

/// Follows what happens in the room while the page is in the background, and offers notifications of it. The offer is a line
/// that stays until the person accepts or declines it. Only after accepting does the browser ask for the permission to show
/// notifications.
#[component]
pub fn NoticeOffer() -> impl IntoView {
    let notices = use_notices();
    notices.follow(use_live_room());
    view! {
        // The element is on the page before it has text, because screen readers announce only changes inside a live
        // region that is already there.
        <output class="notice-offer" aria-live="polite">
            <Shown when=move || notices.offered()>
                <button type="button" on:click=move |_| notices.accept()>{t().tell_me()}</button>
                <button type="button" aria-label=t().no_thank_you() on:click=move |_| notices.decline()>"×"</button>
            </Shown>
        </output>
    }
    .into_any()
}
