//! The offer to be told of files that arrive in the background.

use leptos::prelude::*;

use crate::{browser::notices::use_notices, i18n::t};

/// A line that stays until it is answered: the browser's own question follows only for those who want it.
#[component]
pub fn NoticeOffer() -> impl IntoView {
    let notices = use_notices();
    view! {
        // There before it has words: only then is it read aloud.
        <output class="notice-offer" aria-live="polite">
            <Show when=move || notices.offered()>
                <button type="button" on:click=move |_| notices.accept()>{t().tell_me()}</button>
                <button type="button" aria-label=t().no_thank_you() on:click=move |_| notices.decline()>"×"</button>
            </Show>
        </output>
    }
    .into_any()
}
