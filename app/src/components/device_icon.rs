//! The drawing that stands for a device.

use leptos::prelude::*;

use super::icons::{Desktop, Phone, Tablet};
use crate::{i18n::t, room::DeviceKind};

/// A device, with its kind as a word for those who cannot see the drawing.
#[component]
pub fn DeviceIcon(kind: DeviceKind) -> impl IntoView {
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
