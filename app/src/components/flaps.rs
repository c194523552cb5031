//! Split-flap digits.

use leptos::prelude::*;

use crate::format;

/// The digits of a PIN, each on a flap, in groups of three; read aloud digit by digit. A blank flap is
/// a space.
#[component]
pub fn Flaps(#[prop(into)] digits: Signal<String>) -> impl IntoView {
    let spoken = move || {
        let digits = digits.get();
        digits.trim_end().chars().map(String::from).collect::<Vec<_>>().join(" ")
    };
    let groups = move || {
        let digits: Vec<char> = digits.get().chars().collect();
        digits
            .chunks(3)
            .map(|group| {
                let flaps = group
                    .iter()
                    .map(|digit| view! { <span class="flap" data-blank=(*digit == ' ').to_string()>{digit.to_string()}</span> });
                view! { <span class="flap-group">{flaps.collect_view()}</span> }
            })
            .collect_view()
    };
    view! {
        <span class="flaps">
            <span class="visually-hidden" data-pin=move || format::pin(digits.get().trim_end())>{spoken}</span>
            <span class="flap-row" aria-hidden="true">{groups}</span>
        </span>
    }
    .into_any()
}
