//! The toasts at the bottom of the page.

use leptos::prelude::*;

use crate::{
    browser::system::toasts::{Action, Toast, use_toasts},
    i18n::t,
};

/// All toasts that are shown now. Screen readers announce each one without interrupting (`aria-live="polite"`).
#[component]
pub fn ToastList() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <output class="toasts" aria-live="polite">
            <For each=move || toasts.shown() key=|toast| toast.id let(Toast { id, text, action })>
                <p class="toast">
                    <span>{text}</span>
                    {action.map(|Action { word, act }| view! {
                        <button
                            class="toast-action"
                            type="button"
                            on:click=move |_| {
                                toasts.dismiss(id);
                                act();
                            }
                        >
                            {word}
                        </button>
                    })}
                    <button type="button" aria-label=t().dismiss() on:click=move |_| toasts.dismiss(id)>"×"</button>
                </p>
            </For>
        </output>
    }
}
