//! The field for the PIN: blank flaps that turn as digits are typed.

use leptos::{html::Input, prelude::*};
use web_sys::HtmlInputElement;

use super::flaps::Flaps;
use crate::{
    i18n::t,
    {room::PIN_DIGITS, shell::use_server},
};

/// A text field named PIN, drawn as flaps.
#[component]
pub fn PinEntry(
    /// The digits in the field.
    digits: RwSignal<String>,
    /// The words of the problem with it, if there is one, are in the element with this id.
    described_by: &'static str,
) -> impl IntoView {
    let flaps = use_server().pin_digits;
    let field = NodeRef::<Input>::new();
    let read = move |field: HtmlInputElement| {
        let text = field.value();
        let clean: String = text.chars().filter(char::is_ascii_digit).take(*PIN_DIGITS.end()).collect();
        if clean != text {
            field.set_value(&clean);
        }
        digits.set(clean);
    };
    // Somebody may have typed before the script was here.
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            read(field);
        }
    });
    view! {
        <div class="pin-entry">
            <label class="label" for="pin">{t().pin()}</label>
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
                    value=digits.get_untracked()
                    node_ref=field
                    on:input=move |event| read(event_target(&event))
                />
                <div class="pin-flaps" aria-hidden="true">
                    <Flaps digits=Signal::derive(move || format!("{:<flaps$}", digits.get())) />
                </div>
            </div>
        </div>
    }
    .into_any()
}
