//! The header at the top of every page.

use leptos::prelude::*;

use super::{language_switch::LanguageSwitch, theme_switch::ThemeSwitch};
use crate::{
    components::elements::{hydrated_later::HydratedLater, icons::Mark},
    wire,
};

/// The logo and the name, which link to the first page, and the switches for the language and the theme.
#[component]
pub fn Masthead() -> impl IntoView {
    view! {
        <header class="masthead">
            <a class="brand" href=wire::address("/") rel="external">
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
