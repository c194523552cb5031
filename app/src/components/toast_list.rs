//! Notices in the corner of the page.

use leptos::prelude::*;

use super::notice_offer::NoticeOffer;
use crate::browser::toasts::{Toast, use_toasts};

/// What is to be noticed now, announced politely.
#[component]
pub fn ToastList() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <output class="toasts" aria-live="polite">
            <For each=move || toasts.shown() key=|toast| toast.id let(Toast { id, text })>
                <p class="toast">
                    <span>{text}</span>
                    <button type="button" aria-label="Dismiss" on:click=move |_| toasts.dismiss(id)>"×"</button>
                </p>
            </For>
            <NoticeOffer />
        </output>
    }
}
