//! The offer to be told of files that arrive in the background.

use leptos::prelude::*;

use crate::browser::notices::use_notices;

/// A line among the toasts that stays until it is answered: the browser's own question follows only for those who
/// want it.
#[component]
pub fn NoticeOffer() -> impl IntoView {
    let notices = use_notices();
    view! {
        <Show when=move || notices.offered()>
            <p class="toast">
                <button class="toast-action" type="button" on:click=move |_| notices.accept()>"Tell me when files arrive"</button>
                <button type="button" aria-label="No, thank you" on:click=move |_| notices.decline()>"×"</button>
            </p>
        </Show>
    }
    .into_any()
}
