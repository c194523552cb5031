//! Digits that look like those of a split-flap display.

use leptos::prelude::*;

use crate::format;

/// The digits of a PIN, each on a flap, in groups of three. Screen readers read them digit by digit. A space is drawn
/// as a blank flap.
#[component]
pub fn Flaps(
    /// The digits, with a space for each digit that is not known yet.
    #[prop(into)]
    digits: Signal<String>,
) -> impl IntoView {
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
        <span class="flaps" translate="no">
            <span class="visually-hidden" data-pin=move || format::pin(digits.get().trim_end())>{spoken}</span>
            <span class="flap-row" aria-hidden="true">{groups}</span>
        </span>
    }
    .into_any()
}
