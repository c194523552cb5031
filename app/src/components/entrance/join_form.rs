//! The form with which a person joins a room.

use leptos::{html::Input, prelude::*, task::spawn_local};

use super::pin_entry::PinEntry;
use crate::{
    browser::{api, room::activity::use_activity, system::chosen_name},
    first_paint::use_server,
    i18n::{problem_text::problem_text, t},
    room::Pin,
    wire::{self, ProblemCode},
};

/// The id of the element that shows the problem.
const PROBLEM: &str = "join-problem";

/// Asks for a PIN and for a name, which the device remembers. Typing the last digit of the PIN joins. Without scripts the
/// browser submits the form. With scripts it calls the API, and no other page is loaded.
#[component]
pub fn JoinForm(
    /// The PIN that the field contains at first.
    #[prop(optional_no_strip)]
    pin: Option<Pin>,
    /// Why the last attempt failed.
    #[prop(optional_no_strip)]
    problem: Option<ProblemCode>,
    /// Called with the PIN of the room once this browser has a seat in it.
    on_joined: Callback<Pin>,
) -> impl IntoView {
    let digits = RwSignal::new(pin.map(|pin| pin.to_string()).unwrap_or_default());
    let name = NodeRef::<Input>::new();
    let problem = RwSignal::new(problem.map(|code| problem_text(code).to_owned()).unwrap_or_default());
    let busy = RwSignal::new(false);
    let activity = use_activity();
    let pin_digits = use_server().pin_digits;

    let join = move |(): ()| {
        if busy.get_untracked() {
            return;
        }
        let Ok(pin) = digits.get_untracked().parse::<Pin>() else {
            problem.set(t().pin_wrong(pin_digits));
            return;
        };
        busy.set(true);
        problem.set(String::new());
        let wished = name.get_untracked().map(|field| field.value()).filter(|name| !name.trim().is_empty());
        spawn_local(async move {
            match api::join(&pin, wished.clone()).await {
                Ok(entered) => {
                    chosen_name::remember(wished.as_deref());
                    let pin = entered.pin.clone();
                    activity.entered(entered);
                    on_joined.run(pin);
                }
                Err(refused) => drop(problem.try_set(refused.detail)),
            }
            busy.try_set(false);
        });
    };
    // Only the browser knows the name. Whoever typed one before the page was hydrated keeps that.
    Effect::new(move |_| {
        if let Some(field) = name.get()
            && field.value().is_empty()
            && let Some(name) = chosen_name::recall()
        {
            field.set_value(&name);
        }
    });
    // Another PIN has another answer, and its last digit submits the form.
    Effect::new(move |before: Option<String>| {
        let typed = digits.get();
        if before.is_some_and(|before| before != typed) {
            problem.set(String::new());
            if typed.len() >= pin_digits {
                join(());
            }
        }
        typed
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        join(());
    };
    view! {
        <form class="join" method="post" action=wire::address(wire::JOIN_FORM) on:submit=submitted aria-busy=move || busy.get().to_string()>
            <PinEntry digits refused=Signal::derive(move || !problem.with(String::is_empty)) described_by=PROBLEM />
            <label class="field">
                <span class="label">{t().your_name_optional()}</span>
                <input name="name" type="text" maxlength="40" autocomplete="nickname" node_ref=name />
            </label>
            <button class="button" type="submit">{t().join()}</button>
            <p class="problem" id=PROBLEM role="alert" hidden=move || problem.with(String::is_empty)>{problem}</p>
        </form>
    }
    .into_any()
}
