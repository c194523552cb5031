//! The icon for a kind of device.

use leptos::prelude::*;

use crate::components::elements::erase::Erase as _;
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
        DeviceKind::Mobile => (view! { <Phone /> }.erased(), t().device_mobile()),
        DeviceKind::Tablet => (view! { <Tablet /> }.erased(), t().device_tablet()),
        DeviceKind::Desktop => (view! { <Desktop /> }.erased(), t().device_desktop()),
    };
    view! {
        <span class="device" title=word>
            {drawing}
            <span class="visually-hidden">{word}</span>
        </span>
    }
}
