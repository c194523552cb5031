//! The field for the PIN, drawn as blank flaps that turn to the digits that are typed.

use leptos::{html::Input, prelude::*};
use web_sys::HtmlInputElement;

use crate::{components::elements::flaps::Flaps, first_paint::use_server, i18n::t, room::PIN_DIGITS};

/// A text field for the PIN with flaps drawn in its place. It accepts digits only; any other character is removed.
#[component]
pub fn PinEntry(
    /// The digits in the field: what it contains at first, and then what is typed.
    digits: RwSignal<String>,
    /// The id of the element that shows a problem with the PIN.
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
    // The person may have typed before the page was hydrated, when nothing listened for the input.
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
