//! The mark and the name, on top of every page, and what holds for all pages.

use leptos::prelude::*;

use super::{hydrated_later::HydratedLater, icons::Mark, language_switch::LanguageSwitch, theme_switch::ThemeSwitch};

/// The top of a page: leads home.
#[component]
pub fn Masthead() -> impl IntoView {
    view! {
        <header class="masthead">
            <a class="brand" href="/" rel="external">
                <Mark />
                <span>"SnapDrop"</span>
            </a>
            <div class="masthead-actions">
                <HydratedLater><LanguageSwitch /></HydratedLater>
                <HydratedLater><ThemeSwitch /></HydratedLater>
            </div>
        </header>
    }
}
