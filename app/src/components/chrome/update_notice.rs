//! The bar that is shown while a newer version of the app waits to be used.

use leptos::prelude::*;

use crate::components::elements::shown::Shown;
use crate::{
    browser::{installed_app::use_installed_app, room::activity::use_activity},
    i18n::t,
};

/// Says that a newer version is ready and offers to reload the page. The offer is withheld while this browser has
/// uploads that are running, paused or failed, because a reload would interrupt them.
#[component]
pub fn UpdateNotice() -> impl IntoView {
    let installed = use_installed_app();
    let sends = use_activity().sends;
    view! {
        // The element is on the page before it has text, because screen readers announce only changes inside a live
        // region that is already there.
        <output class="update-notice" aria-live="polite">
            <Shown when=move || installed.update_waits.get()>
                <p>
                    {move || if sends.get() { t().update_after_uploads() } else { t().update_ready() }}
                </p>
                <Shown when=move || !sends.get()>
                    <button class="button" type="button" data-look="outlined" on:click=move |_| installed.take_update()>{t().reload()}</button>
                </Shown>
            </Shown>
        </output>
    }
    .into_any()
}
