//! A line that says when the page has lost its connection to the room.

use leptos::prelude::*;

use crate::{
    browser::room::live_room::{Link, use_live_room},
    i18n::t,
};

/// Empty while the page is connected or connects for the first time. When the connection was lost, it says so, and
/// whether that is because of the server or because this browser has no network. Screen readers announce it.
#[component]
pub fn LinkStatus() -> impl IntoView {
    let live = use_live_room();
    let text = move || match live.link.get() {
        Link::Waiting => t().connection_lost(),
        Link::Unanswered => t().server_away(),
        Link::Offline => t().offline_heading(),
        Link::Live | Link::Connecting => "",
    };
    let state = move || match live.link.get() {
        Link::Live => "live",
        Link::Connecting => "connecting",
        Link::Waiting | Link::Unanswered | Link::Offline => "waiting",
    };
    view! { <output class="link-status" aria-live="polite" data-state=state>{text}</output> }
}
