//! The room's page, whose program is loaded when somebody goes there: the first page needs none of it.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::room::{Opening, RoomPage};
use crate::{
    browser::{activity::use_activity, leaving, notices::Notices, page_badge, toasts::use_toasts, uploader::Uploads, wake_lock},
    room::Pin,
};

/// Whether the room's program is here. A server has all of it.
static LOADED: AtomicBool = AtomicBool::new(!cfg!(feature = "hydrate"));

/// Loads the room's program, if it is not here yet; says whether it is here then.
pub async fn load() -> bool {
    #[cfg(feature = "hydrate")]
    {
        if preload().await.is_err() {
            return false;
        }
        // Between starting the program and running it the page can answer.
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
    LOADED.store(true, Ordering::Relaxed);
    true
}

// Not `lazy`, with which the whole program would end when this part cannot be loaded.
#[wasm_split(room, wasm_split_path = ::leptos::wasm_split, preload(preload), fallible)]
fn draw(pin: Pin, owner: Option<Owner>) -> Result<AnyView, SplitLoaderError> {
    if use_context::<Uploads>().is_none() {
        match owner {
            Some(owner) => owner.with(begin),
            None => begin(),
        }
    }
    Ok(view! { <RoomPage pin /> }.into_any())
}

/// What lasts beyond a room's page: files go on arriving while another page is shown.
fn begin() {
    let activity = use_activity();
    let uploads = Uploads::provide(use_toasts());
    let total = Memo::new(move |_| uploads.total());
    Effect::new(move |_| activity.sends.set(total.get().files > 0));
    page_badge::follow(total, Notices::provide(total), activity);
    wake_lock::follow(total);
    leaving::follow(total);
}

/// The room, as soon as its program is here; until then, that it is being opened.
#[component]
pub fn LazyRoom(
    /// Which room.
    pin: Pin,
    /// Of what lasts beyond this page.
    owner: Option<Owner>,
) -> impl IntoView {
    let loaded = RwSignal::new(LOADED.load(Ordering::Relaxed));
    Effect::new(move |_| {
        if !loaded.get_untracked() {
            spawn_local(async move {
                if load().await {
                    // The page may be left by then.
                    loaded.try_set(true);
                } else {
                    // The server is newer than this page, or out of reach: its own page says so.
                    drop(window().location().reload());
                }
            });
        }
    });
    (move || {
        // Nothing is left to wait for once it is here.
        let room = loaded.get().then(|| draw(pin.clone(), owner.clone()).now_or_never()).flatten().and_then(Result::ok);
        room.unwrap_or_else(|| view! { <Opening /> }.into_any())
    })
    .into_any()
}
