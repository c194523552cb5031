//! The button that switches between the light, the dark and the system's theme.

use leptos::prelude::*;

use crate::{browser::system::theme::use_theme_choice, i18n::t, theme::Theme};

/// Each press switches to the next theme: the system's, light, dark, and the system's again.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let choice = use_theme_choice();
    let words = move || match choice.get() {
        Theme::System => t().theme_system(),
        Theme::Light => t().theme_light(),
        Theme::Dark => t().theme_dark(),
    };
    view! {
        <button class="theme-switch script-only" type="button" aria-label=words title=words on:click=move |_| choice.switch()>
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d=move || drawing(choice.get()) />
            </svg>
        </button>
    }
    .into_any()
}

/// The SVG path of a theme's icon: a half-shaded disc for the system's theme, a sun for light, a moon for dark.
const fn drawing(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17m0 0v17m3-16.4v15.8m3-13.8v11.8",
        Theme::Light => {
            "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8m0-5.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4"
        }
        Theme::Dark => "M20.4 13.5A8.5 8.5 0 1 1 10.5 3.6 7.2 7.2 0 0 0 20.4 13.5Z",
    }
}
