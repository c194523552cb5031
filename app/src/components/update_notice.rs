//! A quiet bar while a newer version waits.

use leptos::prelude::*;

use crate::browser::{installed_app::use_installed_app, uploader::use_uploads};

/// Says so, and offers to use it; not while files are on their way or paused, because loading the page again would
/// lose hold of them.
#[component]
pub fn UpdateNotice() -> impl IntoView {
    let installed = use_installed_app();
    let uploads = use_uploads();
    let sends = Memo::new(move |_| uploads.total().files > 0);
    view! {
        // There before it has words: only then is it read aloud.
        <output class="update-notice" aria-live="polite">
            <Show when=move || installed.update_waits.get()>
                <p>
                    {move || if sends.get() { "A new version is ready. It is used after your uploads." } else { "A new version is ready." }}
                </p>
                <Show when=move || !sends.get()>
                    <button class="button" type="button" data-look="outlined" on:click=move |_| installed.take_update()>"Reload"</button>
                </Show>
            </Show>
        </output>
    }
    .into_any()
}
