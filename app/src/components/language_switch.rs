//! The list of languages.

use leptos::{html::Select, prelude::*};

use super::icons::Globe;
use crate::{
    browser::{language::use_language_choice, places::use_places},
    i18n::{Language, t},
    wire,
};

/// Each language under its own name. Without a script a button sends the choice.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let choice = use_language_choice();
    let now = t().spoken();
    let places = use_places();
    let back = move || places.get().path();
    let list = NodeRef::<Select>::new();
    let choose = move |code: &str| {
        if let Some(language) = Language::from_code(code).filter(|language| *language != now) {
            choice.switch(language);
        }
    };
    // Somebody may have chosen before the script was here.
    Effect::new(move |_| {
        if let Some(list) = list.get() {
            choose(&list.value());
        }
    });
    let options = Language::ALL.map(|language| {
        view! { <option value=language.code() lang=language.tag() selected=language == now>{language.own_name()}</option> }
    });
    view! {
        <form class="language-switch" method="post" action=wire::LANGUAGE_FORM>
            <input type="hidden" name="back" value=back />
            <Globe />
            <select name="language" aria-label=t().language() autocomplete="off" node_ref=list on:change=move |event| choose(&event_target_value(&event))>{options.into_iter().collect_view()}</select>
            <button class="without-script" type="submit">{t().language_change()}</button>
        </form>
    }
    .into_any()
}
