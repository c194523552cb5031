//! Every address that leads nowhere.

use leptos::prelude::*;

use crate::{components::masthead::Masthead, shell::first_paint};

/// Says that there is nothing, and where to go.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    drop(first_paint());
    view! {
        <Masthead />
        <main class="notice">
            <h1>"There is nothing at this address."</h1>
            <p>"Check the link, or start from the first page."</p>
            <a class="button" href="/" rel="external">"To the first page"</a>
        </main>
    }
}
