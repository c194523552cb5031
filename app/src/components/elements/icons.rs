//! Icons as inline SVG, so that the style sheet can colour them: the logo has colours of its own, all others take the
//! colour of the text around them.

use leptos::prelude::*;

/// The logo: an arrow that points down to a line.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="mark-board" width="32" height="32" rx="7" />
            <path class="mark-arrow" d="M16 6v12m-6-5 6 6 6-6" />
            <path class="mark-line" d="M8 25h16" />
        </svg>
    }
}

/// A phone.
#[component]
pub fn Phone() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <rect x="7" y="2.5" width="10" height="19" rx="2" />
            <path d="M12 18.5h.01" />
        </svg>
    }
}

/// A tablet.
#[component]
pub fn Tablet() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <rect x="4.5" y="2.5" width="15" height="19" rx="2" />
            <path d="M12 18.5h.01" />
        </svg>
    }
}

/// A desktop screen on a stand.
#[component]
pub fn Desktop() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <rect x="3" y="4" width="18" height="12" rx="2" />
            <path d="M12 16v4m-4 0h8" />
        </svg>
    }
}

/// A pencil.
#[component]
pub fn Pencil() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d="m4 20 1-4L16.5 4.5a2 2 0 0 1 3 3L8 19z" />
        </svg>
    }
}

/// A globe.
#[component]
pub fn Globe() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M3.5 12h17M12 3.5c2.6 2.2 3.9 5 3.9 8.5s-1.3 6.3-3.9 8.5c-2.6-2.2-3.9-5-3.9-8.5s1.3-6.3 3.9-8.5" />
        </svg>
    }
}
