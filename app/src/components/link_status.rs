//! One quiet line that says when the page is not live.

use leptos::prelude::*;

use crate::{
    browser::live_room::{Link, use_live_room},
    i18n::t,
};

/// Nothing while everything works; announced when it stops or comes back.
#[component]
pub fn LinkStatus() -> impl IntoView {
    let live = use_live_room();
    let text = move || match live.link.get() {
        Link::Waiting => t().connection_lost(),
        Link::Live | Link::Connecting => "",
    };
    let state = move || match live.link.get() {
        Link::Live => "live",
        Link::Connecting => "connecting",
        Link::Waiting => "waiting",
    };
    view! { <output class="link-status" aria-live="polite" data-state=state>{text}</output> }
}
