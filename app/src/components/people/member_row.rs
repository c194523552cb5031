//! One member in the list: the name, the device, and whether the member is connected.

use leptos::prelude::*;

use super::{device_icon::DeviceIcon, rename::Rename};
use crate::{
    browser::room::live_room::use_live_room,
    i18n::t,
    room::{Device, MemberId, Presence, Role},
};

/// One row of the list. It is redrawn only when its own member changes.
#[component]
pub fn MemberRow(
    /// The member's id.
    id: MemberId,
) -> impl IntoView {
    let live = use_live_room();
    let member = live.member(id);
    let you = live.you == id;
    let presence = Memo::new(move |_| member.with(|member| member.as_ref().map(|member| member.presence)));
    let name = Memo::new(move |_| member.with(|member| member.as_ref().map(|member| member.name.to_string()).unwrap_or_default()));
    let device = Memo::new(move |_| member.with(|member| member.as_ref().map(|member| member.device.clone())));
    let Some(first) = member.get_untracked() else { return ().into_any() };
    let owner = first.role == Role::Owner;
    let address = first.address;

    let facts = move || {
        let Device { browser, system, .. } = device.get()?;
        let known = [browser, system, address.clone()];
        Some(known.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · "))
    };
    view! {
        <li class="member" data-you=you.to_string() data-presence=move || presence_name(presence.get())>
            {move || device.get().map(|device| view! { <DeviceIcon kind=device.kind /> })}
            <div class="member-text">
                <p class="member-name">
                    <bdi translate="no">{name}</bdi>
                    <span class="badges">
                        {owner.then(|| view! { <span class="badge">{t().badge_owner()}</span> })}
                        {you.then(|| view! { <span class="badge">{t().badge_you()}</span> })}
                    </span>
                </p>
                <p class="member-facts" translate="no">{facts}</p>
                <p class="member-presence">{move || presence_words(presence.get())}</p>
                {you.then(|| view! { <Rename name /> })}
            </div>
            <span class="presence-dot" aria-hidden="true"></span>
        </li>
    }
    .into_any()
}

const fn presence_name(presence: Option<Presence>) -> &'static str {
    match presence {
        Some(Presence::Connected) => "connected",
        Some(Presence::Away) => "away",
        Some(Presence::Reconnecting) | None => "reconnecting",
    }
}

fn presence_words(presence: Option<Presence>) -> &'static str {
    match presence {
        Some(Presence::Connected) => t().connected(),
        Some(Presence::Away) => t().away(),
        Some(Presence::Reconnecting) | None => t().reconnecting(),
    }
}
