//! The drawing that stands for a device.

use leptos::prelude::*;

use super::icons::{Desktop, Phone, Tablet};
use crate::room::DeviceKind;

/// A device, with its kind as a word for those who cannot see the drawing.
#[component]
pub fn DeviceIcon(kind: DeviceKind) -> impl IntoView {
    let (drawing, word) = match kind {
        DeviceKind::Mobile => (view! { <Phone /> }.into_any(), "Mobile"),
        DeviceKind::Tablet => (view! { <Tablet /> }.into_any(), "Tablet"),
        DeviceKind::Desktop => (view! { <Desktop /> }.into_any(), "Desktop"),
    };
    view! {
        <span class="device" title=word>
            {drawing}
            <span class="visually-hidden">{word}</span>
        </span>
    }
}
