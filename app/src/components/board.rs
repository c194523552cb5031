//! The board: the PIN for the whole hall, and the ways to hand it on.

use leptos::{prelude::*, task::spawn_local};

use super::{flaps::Flaps, qr::QrButton};
use crate::{
    browser::{
        live_room::{Topic, use_live_room},
        page,
        toasts::use_toasts,
    },
    i18n::t,
    shell::use_server,
    wire::{self, ClientMessage},
};

/// The room's PIN and what can be done with it.
#[component]
pub fn Board() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let pin = live.pin();
    let link = StoredValue::new(format!("{}{}", use_server().origin, wire::join_page(&pin)));

    let copy = move |_| {
        spawn_local(async move {
            let link = link.get_value();
            let copied = page::copy(&link).await;
            toasts.show(if copied { t().link_copied().to_owned() } else { t().link_is(&link) });
        });
    };
    let share = move |_| spawn_local(async move { page::share(t().room_title(), &link.get_value()).await });
    // Known only in the browser, so the button appears after the first paint.
    let can_share = RwSignal::new(false);
    Effect::new(move |_| can_share.set(page::can_share()));

    let locked = Memo::new(move |_| live.read(Topic::Settings, |room| room.settings.locked));
    let toggle_lock = move |_| live.say(ClientMessage::SetLocked { locked: !locked.get_untracked() });

    view! {
        <section class="board" aria-label=t().room_pin()>
            <div class="board-pin">
                <h1 class="label">{t().room_pin()}</h1>
                <Flaps digits=pin.to_string() />
            </div>
            <div class="board-actions script-only">
                <QrButton />
                <button class="board-button" type="button" on:click=copy>{t().copy_link()}</button>
                <Show when=move || can_share.get()>
                    <button class="board-button" type="button" on:click=share>{t().share()}</button>
                </Show>
                <Show when=move || live.is_owner()>
                    <button class="board-button" type="button" aria-pressed=move || locked.get().to_string() on:click=toggle_lock>
                        {move || if locked.get() { t().unlock() } else { t().lock() }}
                    </button>
                </Show>
            </div>
            <Show when=move || locked.get()>
                <p class="board-note">{t().locked_note()}</p>
            </Show>
        </section>
    }
    .into_any()
}
