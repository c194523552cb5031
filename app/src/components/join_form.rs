//! The way into a room: PIN, name, Join.

use leptos::{html::Input, prelude::*, task::spawn_local};

use super::pin_entry::PinEntry;
use crate::{
    browser::{api, problem_text::problem_text},
    i18n::t,
    room::Pin,
    shell::use_server,
    wire::{self, ProblemCode},
};

/// Where the words of a problem are.
const PROBLEM: &str = "join-problem";

/// A form that works without a script, and without leaving the page with one.
#[component]
pub fn JoinForm(
    /// The PIN to begin with.
    #[prop(optional_no_strip)]
    pin: Option<Pin>,
    /// Why the last try did not work.
    #[prop(optional_no_strip)]
    problem: Option<ProblemCode>,
    /// Whether to ask for a name as well.
    asks_name: bool,
    /// Called with the PIN of the room, once there is a seat in it.
    on_joined: Callback<Pin>,
) -> impl IntoView {
    let digits = RwSignal::new(pin.map(|pin| pin.to_string()).unwrap_or_default());
    let name = NodeRef::<Input>::new();
    let problem = RwSignal::new(problem.map(|code| problem_text(code).to_owned()).unwrap_or_default());
    let busy = RwSignal::new(false);
    let pin_digits = use_server().pin_digits;

    let join = move |(): ()| {
        if busy.get_untracked() {
            return;
        }
        let Ok(pin) = Pin::from_typed(&digits.get_untracked()) else {
            problem.set(t().pin_wrong(pin_digits));
            return;
        };
        busy.set(true);
        problem.set(String::new());
        let wished = name.get_untracked().map(|field| field.value()).filter(|name| !name.trim().is_empty());
        spawn_local(async move {
            match api::join(&pin, wished).await {
                Ok(entered) => on_joined.run(entered.pin),
                Err(refused) => drop(problem.try_set(refused.detail)),
            }
            busy.try_set(false);
        });
    };
    // The last digit is enough, where nothing else is asked.
    Effect::new(move |before: Option<String>| {
        let typed = digits.get();
        if !asks_name && typed.len() == pin_digits && before.is_some_and(|before| before != typed) {
            join(());
        }
        typed
    });
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        join(());
    };
    view! {
        <form class="join" method="post" action=wire::JOIN_FORM on:submit=submitted aria-busy=move || busy.get().to_string()>
            <PinEntry digits described_by=PROBLEM />
            {asks_name.then(|| view! {
                <label class="field">
                    <span class="label">{t().your_name_optional()}</span>
                    <input name="name" type="text" maxlength="40" autocomplete="nickname" node_ref=name />
                </label>
            })}
            <button class="button" type="submit">{t().join()}</button>
            <p class="problem" id=PROBLEM role="alert" hidden=move || problem.with(String::is_empty)>{problem}</p>
        </form>
    }
    .into_any()
}
