//! Where the PIN is typed: the address of this server for other devices.

use leptos::prelude::*;

use crate::{first_paint::use_server, i18n::t, wire};

/// The address that people type on another device, if there is one. If the page was opened at an address that leads every
/// device to itself, it says so, because others cannot use that one.
#[component]
pub fn WayHere() -> impl IntoView {
    let server = use_server();
    let is_reachable = server.loopback.as_deref() != Some(server.authority());
    // Some proxies pass nothing on that lacks the slash.
    let path = if wire::base_path().is_empty() { String::new() } else { wire::address("/") };
    let address = server.authority().to_owned() + &path;
    let note = server.loopback.map(|loopback| if is_reachable { t().only_here(&loopback) } else { t().nobody_else(&loopback) });
    view! {
        <div class="way-here">
            {is_reachable.then(|| view! {
                <p>
                    <span class="way-here-label">{t().on_your_phone()}</span>
                    " "
                    <bdi class="way-here-address" translate="no" dir="ltr">{address}</bdi>
                </p>
            })}
            {note.map(|note| view! { <p class="way-here-note">{note}</p> })}
        </div>
    }
    .into_any()
}
