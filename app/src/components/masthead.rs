//! The mark and the name, on top of every page.

use leptos::prelude::*;

use super::icons::Mark;

/// The top of a page: leads home.
#[component]
pub fn Masthead() -> impl IntoView {
    view! {
        <header class="masthead">
            <a class="brand" href="/" rel="external">
                <Mark />
                <span>"SnapDrop"</span>
            </a>
        </header>
    }
}
