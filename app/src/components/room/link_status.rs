//! A line that says when the page has lost its connection to the room.

use leptos::prelude::*;

use crate::{
    browser::room::live_room::{Link, use_live_room},
    first_paint::use_server,
    i18n::t,
    wire,
};

/// Empty while the page is connected or connects for the first time. When the connection was lost, it says so, and
/// whether that is because of the server, because this browser has no network, or because no live socket gets through. The usual
/// reason for that is a certificate that the browser does not trust, or a proxy, and a link leads to the page that helps. Screen readers
/// announce it.
#[component]
pub fn LinkStatus() -> impl IntoView {
    let live = use_live_room();
    let text = move || match live.link.get() {
        Link::Waiting => t().connection_lost(),
        Link::Unanswered => t().server_away(),
        Link::Blocked => t().socket_blocked(),
        Link::Offline => t().offline_heading(),
        Link::Live | Link::Connecting => "",
    };
    let state = move || match live.link.get() {
        Link::Live => "live",
        Link::Connecting => "connecting",
        Link::Waiting | Link::Unanswered | Link::Blocked | Link::Offline => "waiting",
    };
    let page = if use_server().signs_itself { wire::TRUST_PAGE } else { wire::DOCTOR_PAGE };
    let help = move || {
        (live.link.get() == Link::Blocked).then(|| view! { <a href=wire::address(page) rel="external">{t().socket_blocked_help()}</a> })
    };
    view! { <output class="link-status" aria-live="polite" data-state=state>{text} {help}</output> }
}
