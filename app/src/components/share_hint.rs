//! What to do where no app can share to this one.

use leptos::prelude::*;

use crate::{browser::installed_app, i18n::t};

/// One sentence, in the browsers of iPhones and iPads.
#[component]
pub fn ShareHint() -> impl IntoView {
    let shown = RwSignal::new(false);
    // Only the browser knows; the server paints the page for everybody.
    Effect::new(move |_| shown.set(installed_app::needs_share_hint()));
    view! {
        <Show when=move || shown.get()>
            <p class="quiet">{t().share_hint()}</p>
        </Show>
    }
}
