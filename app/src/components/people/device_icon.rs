//! The icon for a kind of device.

use leptos::prelude::*;

use crate::{
    components::elements::icons::{Desktop, Phone, Tablet},
    i18n::t,
    room::DeviceKind,
};

/// The icon for a kind of device, with the kind as a word for screen readers.
#[component]
pub fn DeviceIcon(
    /// The kind of device.
    kind: DeviceKind,
) -> impl IntoView {
    let (drawing, word) = match kind {
        DeviceKind::Mobile => (view! { <Phone /> }.into_any(), t().device_mobile()),
        DeviceKind::Tablet => (view! { <Tablet /> }.into_any(), t().device_tablet()),
        DeviceKind::Desktop => (view! { <Desktop /> }.into_any(), t().device_desktop()),
    };
    view! {
        <span class="device" title=word>
            {drawing}
            <span class="visually-hidden">{word}</span>
        </span>
    }
}
