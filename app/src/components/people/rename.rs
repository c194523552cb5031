//! The button and the field with which members change their own name.

use leptos::{
    html::{Button, Input},
    prelude::*,
};

use crate::{
    browser::{room::live_room::use_live_room, system::chosen_name},
    components::elements::{icons::Pencil, shown::Shown},
    i18n::t,
    room::DisplayName,
    wire::ClientMessage,
};

/// A button that is replaced by a field for the new name when it is pressed. Escape closes the field.
#[component]
pub fn Rename(
    /// The current name.
    name: Memo<String>,
) -> impl IntoView {
    let live = use_live_room();
    let editing = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let (true, Some(field)) = (editing.get(), field.get()) {
            #[expect(clippy::let_underscore_must_use, reason = "focus fails only for an element that is not on the page")]
            let _ = field.focus();
            field.select();
        }
    });
    let button = NodeRef::<Button>::new();
    // When the field is closed, the focus returns to the button. `left` remembers that the field was open until the
    // button is on the page again.
    Effect::new(move |left: Option<bool>| {
        let left = left.unwrap_or(false) || editing.get();
        match button.get() {
            Some(button) if left && !editing.get() => {
                #[expect(clippy::let_underscore_must_use, reason = "focus fails only for an element that is not on the page")]
                let _ = button.focus();
                false
            }
            _ => left,
        }
    });
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wished = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        match DisplayName::parse(&wished) {
            Ok(name) => {
                chosen_name::remember(Some(name.as_str()));
                live.send(ClientMessage::Rename { name: name.to_string() });
                problem.set(String::new());
                editing.set(false);
            }
            Err(_) => problem.set(t().problem_invalid_name().to_owned()),
        }
    };
    view! {
        <Shown when=move || !editing.get()>
            <button class="rename-button script-only" type="button" node_ref=button on:click=move |_| editing.set(true)>
                <Pencil />
                {t().rename()}
            </button>
        </Shown>
        <Shown when=move || editing.get()>
            <form class="rename" on:submit=save on:keydown=move |event| if event.key() == "Escape" { editing.set(false) }>
                <label class="field">
                    <span class="visually-hidden">{t().your_name()}</span>
                    <input node_ref=field type="text" maxlength="40" value=name.get_untracked() aria-describedby="rename-problem" />
                </label>
                <button class="button" type="submit">{t().save()}</button>
                <p class="problem" id="rename-problem" role="alert" hidden=move || problem.with(String::is_empty)>{problem}</p>
            </form>
        </Shown>
    }
    .into_any()
}
