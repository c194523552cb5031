//! A hint for devices on which no other app can share files to this one.

use leptos::prelude::*;

use crate::components::elements::shown::Shown;
use crate::{browser::installed_app, i18n::t};

/// One sentence that tells people with an iPhone or iPad what to do instead. Draws nothing on other devices, or in the
/// installed app.
#[component]
pub fn ShareHint() -> impl IntoView {
    let shown = RwSignal::new(false);
    // Only the browser knows the device, so the server renders the page without the hint.
    Effect::new(move |_| shown.set(installed_app::needs_share_hint()));
    view! {
        <Shown when=move || shown.get()>
            <p class="quiet">{t().share_hint()}</p>
        </Shown>
    }
}
