//! The list in which a person chooses the language of the interface.

use leptos::{html::Select, prelude::*};

use crate::{
    browser::system::{language::use_language_choice, places::use_places},
    components::elements::icons::Globe,
    i18n::{Language, t},
    wire,
};

/// A form with a list of all languages, each under its own name. With scripts a choice takes effect at once; without
/// them a button submits it.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let choice = use_language_choice();
    let now = t().spoken();
    let places = use_places();
    let back = move || places.get().address();
    let list = NodeRef::<Select>::new();
    let choose = move |code: &str| {
        if let Some(language) = Language::from_code(code).filter(|language| *language != now) {
            choice.switch(language);
        }
    };
    // The person may have chosen a language before the page was hydrated, when nothing listened for the change.
    Effect::new(move |_| {
        if let Some(list) = list.get() {
            choose(&list.value());
        }
    });
    let options = Language::ALL.map(|language| {
        view! { <option value=language.code() lang=language.tag() selected=language == now>{language.own_name()}</option> }
    });
    view! {
        <form class="language-switch" method="post" action=wire::address(wire::LANGUAGE_FORM)>
            <input type="hidden" name="back" value=back />
            <Globe />
            <select name="language" aria-label=t().language() autocomplete="off" node_ref=list on:change=move |event| choose(&event_target_value(&event))>{options.into_iter().collect_view()}</select>
            <button class="without-script" type="submit">{t().language_change()}</button>
        </form>
    }
    .into_any()
}
