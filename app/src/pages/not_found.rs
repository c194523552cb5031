//! The page for every address that does not exist.

use leptos::prelude::*;

use crate::{first_paint::first_paint, i18n::t};

/// Says that there is nothing at this address, and links to the first page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    // The first paint is given out only once. It is taken here so that the next page does not mistake it for its own.
    drop(first_paint());
    view! {
        <main class="notice">
            <h1>{t().nothing_heading()}</h1>
            <p>{t().nothing_explained()}</p>
            <a class="button" href="/" rel="external">{t().to_first_page()}</a>
        </main>
    }
}
