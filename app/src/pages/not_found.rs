//! Every address that leads nowhere.

use leptos::prelude::*;

use crate::{i18n::t, shell::first_paint};

/// Says that there is nothing, and where to go.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    drop(first_paint());
    view! {
        <main class="notice">
            <h1>{t().nothing_heading()}</h1>
            <p>{t().nothing_explained()}</p>
            <a class="button" href="/" rel="external">{t().to_first_page()}</a>
        </main>
    }
}
