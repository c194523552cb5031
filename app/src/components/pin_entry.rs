//! The field for the PIN: blank flaps that turn as digits are typed.

use leptos::prelude::*;

use super::flaps::Flaps;
use crate::shell::use_server;

/// A text field named PIN, drawn as flaps.
#[component]
pub fn PinEntry(
    /// The digits in the field.
    digits: RwSignal<String>,
    /// The words of the problem with it, if there is one, are in the element with this id.
    described_by: &'static str,
) -> impl IntoView {
    let flaps = use_server().pin_digits;
    let typed = move |event| {
        let text = event_target_value(&event);
        digits.set(text.chars().filter(char::is_ascii_digit).take(*crate::room::PIN_DIGITS.end()).collect());
    };
    view! {
        <div class="pin-entry">
            <label class="label" for="pin">"PIN"</label>
            <div class="pin-field">
                <input
                    id="pin"
                    name="pin"
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    enterkeyhint="go"
                    required
                    maxlength="24"
                    aria-describedby=described_by
                    prop:value=digits
                    value=digits.get_untracked()
                    on:input=typed
                />
                <div class="pin-flaps" aria-hidden="true">
                    <Flaps digits=Signal::derive(move || format!("{:<flaps$}", digits.get())) />
                </div>
            </div>
        </div>
    }
    .into_any()
}
