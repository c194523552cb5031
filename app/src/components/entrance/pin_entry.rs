//! The field for the PIN, drawn as blank flaps that turn to the digits that are typed.

use leptos::{html::Input, prelude::*};
use web_sys::HtmlInputElement;

use crate::components::elements::erase::Erase as _;
use crate::{
    components::elements::flaps::Flaps,
    first_paint::use_server,
    i18n::t,
    room::{PIN_DIGITS, typed_pin},
};

/// How long a text may be from which the PIN is taken: a message with a link in it.
const MAX_TEXT: &str = "1000";

/// A text field for the PIN with flaps drawn in its place. It keeps the digits of the PIN and nothing else of what is typed
/// or pasted. No more digits than a PIN has can be typed.
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
    let field = NodeRef::<Input>::new();
    let read = move |field: HtmlInputElement| {
        let text = field.value();
        let before = digits.get_untracked();
        let mut clean = typed_pin(&text, flaps);
        clean.truncate(*PIN_DIGITS.end());
        // One digit more than a PIN has was typed. A longer PIN that was pasted may be right: the server may have made its PINs
        // longer since it sent the page.
        let surplus = clean.strip_prefix(&before).filter(|next| before.len() == flaps && next.len() == 1).map(str::to_owned);
        if let Some(next) = surplus {
            clean = if refused.get_untracked() { next } else { before };
        }
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
    .erased()
}
