//! The board: the room's PIN in large digits, and the ways to pass it on.

use leptos::{prelude::*, task::spawn_local};

use super::{qr::QrButton, way_here::WayHere};
use crate::browser::system::{clipboard, sharing};
use crate::components::elements::shown::Shown;
use crate::{
    browser::{
        room::live_room::{Topic, use_live_room},
        system::toasts::use_toasts,
    },
    components::elements::flaps::Flaps,
    first_paint::use_server,
    i18n::t,
    wire::{self, ClientMessage},
};

/// The room's PIN and, for the owner, the address where it is typed, with buttons that show the QR code, copy the link,
/// share it, and, for the owner, lock the room.
#[component]
pub fn Board() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let pin = live.pin();
    let link = StoredValue::new(format!("{}{}", use_server().origin, wire::join_page(&pin)));

    let copy = move |_| {
        spawn_local(async move {
            let link = link.get_value();
            let copied = clipboard::copy(&link).await;
            toasts.show(if copied { t().link_copied().to_owned() } else { t().link_is(&link) });
        });
    };
    let share = move |_| spawn_local(async move { sharing::share(t().room_title(), &link.get_value()).await });
    // Only the browser knows whether it can share, so the button appears after hydration.
    let can_share = RwSignal::new(false);
    Effect::new(move |_| can_share.set(sharing::can_share()));

    let locked = Memo::new(move |_| live.read(Topic::Settings, |room| room.settings.locked));
    let toggle_lock = move |_| live.send(ClientMessage::SetLocked { locked: !locked.get_untracked() });

    view! {
        <section class="board" aria-label=t().room_pin()>
            {live.is_owner().then(|| view! { <WayHere /> })}
            <div class="board-pin">
                <h1 class="label">{t().room_pin()}</h1>
                <Flaps digits=pin.to_string() />
            </div>
            <div class="board-actions script-only">
                <QrButton />
                <button class="board-button" type="button" on:click=copy>{t().copy_link()}</button>
                <Shown when=move || can_share.get()>
                    <button class="board-button" type="button" on:click=share>{t().share()}</button>
                </Shown>
                <Shown when=move || live.is_owner()>
                    <button class="board-button" type="button" aria-pressed=move || locked.get().to_string() on:click=toggle_lock>
                        {move || if locked.get() { t().unlock() } else { t().lock() }}
                    </button>
                </Shown>
            </div>
            <Shown when=move || locked.get()>
                <p class="board-note">{t().locked_note()}</p>
            </Shown>
        </section>
    }
    .into_any()
}
