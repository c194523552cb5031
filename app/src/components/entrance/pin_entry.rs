//! The field for the PIN, drawn as blank flaps that turn to the digits that are typed.

use leptos::{html::Input, prelude::*};
use web_sys::HtmlInputElement;

use crate::{
    components::elements::flaps::Flaps,
    first_paint::use_server,
    i18n::t,
    room::{linked_pin, next_digits, typed_pin},
};

/// How long a text may be from which the PIN is taken: a message with a link in it.
const MAX_TEXT: &str = "1000";

/// A text field for the PIN with flaps drawn in its place. It keeps the digits of the PIN and nothing else of what is typed
/// or pasted, and never more of them than a PIN has.
#[component]
pub fn PinEntry(
    /// The digits in the field: what it contains at first, and then what is typed.
    digits: RwSignal<String>,
    /// Whether the PIN in the field was refused. Then the next digit begins another one.
    refused: Signal<bool>,
    /// The id of the element that shows a problem with the PIN.
    described_by: &'static str,
) -> impl IntoView {
    let flaps = use_server().pin_digits;
    // A link may have a longer PIN: the server may have made its PINs longer since it sent the page.
    let most = StoredValue::new(flaps.max(digits.with_untracked(String::len)));
    let field = NodeRef::<Input>::new();
    let read = move |field: HtmlInputElement| {
        let text = field.value();
        let linked = linked_pin(&text);
        most.update_value(|most| *most = (*most).max(linked.as_ref().map_or(0, String::len)));
        let typed = linked.unwrap_or_else(|| typed_pin(&text, flaps));
        let clean = next_digits(&digits.get_untracked(), typed, most.get_value(), refused.get_untracked());
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
                    maxlength=MAX_TEXT
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
