//! Choosing another name.

use leptos::{
    html::{Button, Input},
    prelude::*,
};

use super::icons::Pencil;
use crate::{
    i18n::t,
    {browser::live_room::use_live_room, room::DisplayName, wire::ClientMessage},
};

/// A pencil that turns into a field.
#[component]
pub fn Rename(
    /// The present name.
    name: Memo<String>,
) -> impl IntoView {
    let live = use_live_room();
    let editing = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let (true, Some(field)) = (editing.get(), field.get()) {
            // Focus fails only for what is not on the page.
            drop(field.focus());
            field.select();
        }
    });
    let button = NodeRef::<Button>::new();
    // Whoever leaves the field stands on the button again; `left` waits until the button is there.
    Effect::new(move |left: Option<bool>| {
        let left = left.unwrap_or(false) || editing.get();
        match button.get() {
            Some(button) if left && !editing.get() => {
                drop(button.focus());
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
                live.say(ClientMessage::Rename { name: name.to_string() });
                problem.set(String::new());
                editing.set(false);
            }
            Err(_) => problem.set(t().problem_invalid_name().to_owned()),
        }
    };
    view! {
        <Show
            when=move || editing.get()
            fallback=move || view! {
                <button class="rename-button script-only" type="button" node_ref=button on:click=move |_| editing.set(true)>
                    <Pencil />
                    {t().rename()}
                </button>
            }
        >
            <form class="rename" on:submit=save on:keydown=move |event| if event.key() == "Escape" { editing.set(false) }>
                <label class="field">
                    <span class="visually-hidden">{t().your_name()}</span>
                    <input node_ref=field type="text" maxlength="40" value=name.get_untracked() aria-describedby="rename-problem" />
                </label>
                <button class="button" type="submit">{t().save()}</button>
                <p class="problem" id="rename-problem" role="alert" hidden=move || problem.with(String::is_empty)>{problem}</p>
            </form>
        </Show>
    }
    .into_any()
}
