//! The QR code of the room's join page, large enough for a camera across the room.

use leptos::{html::Dialog, prelude::*};

use super::way_here::WayHere;
use crate::{browser::room::live_room::use_live_room, components::elements::modal::Modal, format, i18n::t, wire};

/// Whether the code is to be shown. The button and the dialog share it through the context, because the dialog is loaded after
/// the page.
#[derive(Clone, Copy, Debug)]
pub struct Qr(RwSignal<bool>);

impl Qr {
    /// Shares it through the context. The code is not shown yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(false)));
    }
}

/// The button that shows the code.
#[component]
pub fn QrButton() -> impl IntoView {
    let Qr(wanted) = expect_context();
    view! { <button class="board-button" type="button" on:click=move |_| wanted.set(true)>{t().show_qr()}</button> }.into_any()
}

/// The dialog with the code, the address and the PIN.
#[component]
pub fn QrWindow() -> impl IntoView {
    let pin = use_live_room().pin();
    let Qr(wanted) = expect_context();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    Effect::new(move |_| {
        if wanted.get() && dialog.get().is_some() {
            modal.show();
        }
    });
    let closed = move |_| {
        modal.closed();
        wanted.try_set(false);
    };
    let spoken = t().qr_opens(&wire::join_page(&pin));
    view! {
        <dialog class="qr" node_ref=dialog aria-label=t().qr_of_room() on:close=closed>
            <img src=wire::join_qr(&pin) alt=spoken width="320" height="320" loading="lazy" />
            <WayHere />
            <p class="qr-pin" translate="no">{format::pin(pin.as_str())}</p>
            <button class="button" type="button" data-look="outlined" on:click=move |_| modal.hide()>{t().done()}</button>
        </dialog>
    }
    .into_any()
}
