//! A quiet bar while a newer version waits.

use leptos::prelude::*;

use crate::{
    browser::{activity::use_activity, installed_app::use_installed_app},
    i18n::t,
};

/// Says so, and offers to use it; not while files are on their way or paused, because loading the page again would
/// lose hold of them.
#[component]
pub fn UpdateNotice() -> impl IntoView {
    let installed = use_installed_app();
    let sends = use_activity().sends;
    view! {
        // There before it has words: only then is it read aloud.
        <output class="update-notice" aria-live="polite">
            <Show when=move || installed.update_waits.get()>
                <p>
                    {move || if sends.get() { t().update_after_uploads() } else { t().update_ready() }}
                </p>
                <Show when=move || !sends.get()>
                    <button class="button" type="button" data-look="outlined" on:click=move |_| installed.take_update()>{t().reload()}</button>
                </Show>
            </Show>
        </output>
    }
    .into_any()
}
