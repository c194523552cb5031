//! The QR code of the room's join page, large enough for a camera across the room.

use leptos::{html::Dialog, prelude::*};

use super::way_here::WayHere;
use crate::components::elements::erase::Erase as _;
use crate::{browser::room::live_room::use_live_room, components::elements::modal::Modal, format, i18n::t, wire};

/// The button that shows the code, and the dialog with the code, the address and the PIN.
#[component]
pub fn QrButton() -> impl IntoView {
    let pin = use_live_room().pin();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    let spoken = t().qr_opens(&wire::join_page(&pin));
    view! {
        <button class="board-button" type="button" on:click=move |_| modal.show()>{t().show_qr()}</button>
        <dialog class="qr" node_ref=dialog aria-label=t().qr_of_room() on:close=move |_| modal.closed()>
            <img src=wire::join_qr(&pin) alt=spoken width="320" height="320" loading="lazy" />
            <WayHere />
            <p class="qr-pin" translate="no">{format::pin(pin.as_str())}</p>
            <button class="button" type="button" data-look="outlined" on:click=move |_| modal.hide()>{t().done()}</button>
        </dialog>
    }
    .erased()
}
