//! Loads the code of the room's page as a WebAssembly module of its own when a room is opened. The first page does not
//! need that code, so it is not in the main module. What the page shows is left to [`super::room`].

use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::room::{Opening, RoomPage};
use crate::{
    browser::{
        files::uploader::Uploads,
        room::{activity::use_activity, notices::Notices, page_badge},
        system::{leaving, toasts::use_toasts, wake_lock},
    },
    room::Pin,
};

/// Whether the room's module is loaded. On the server the code is always there.
static LOADED: AtomicBool = AtomicBool::new(!cfg!(feature = "hydrate"));

/// Loads the room's module if it is not loaded yet. Returns whether it is loaded afterwards.
pub async fn load() -> bool {
    #[cfg(feature = "hydrate")]
    {
        if preload().await.is_err() {
            return false;
        }
        // This waits one turn of the event loop, so that the page can respond to input between starting the module and
        // running its code.
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
    LOADED.store(true, Ordering::Relaxed);
    true
}

// `wasm_split` is used directly because Leptos's `#[lazy]` has no `fallible` option: if the module could not be loaded,
// the whole program would end.
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

/// Starts what outlives the room's page, because uploads continue while another page is shown: the uploads, the
/// notices, the badge of the tab, the wake lock, and the question before the page is closed.
fn begin() {
    let activity = use_activity();
    let uploads = Uploads::provide(use_toasts());
    let total = Memo::new(move |before| uploads.total().not_behind(before));
    let active = Memo::new(move |_| total.with(|total| total.active > 0));
    Effect::new(move |_| activity.sends.set(total.get().files > 0));
    page_badge::follow(total, Notices::provide(total), activity);
    wake_lock::follow(active);
    leaving::follow(active);
}

/// The room's page as soon as its module is loaded. Until then it says that the room is being opened.
#[component]
pub fn LazyRoom(
    /// The room's PIN.
    pin: Pin,
    /// The reactive owner of everything that outlives this page, such as the uploads.
    owner: Option<Owner>,
) -> impl IntoView {
    let loaded = RwSignal::new(LOADED.load(Ordering::Relaxed));
    Effect::new(move |_| {
        if !loaded.get_untracked() {
            spawn_local(async move {
                if load().await {
                    // The page may have been left by then, so the signal may be gone.
                    loaded.try_set(true);
                } else {
                    #[expect(
                        clippy::let_underscore_must_use,
                        reason = "the server is newer than this page or unreachable; the reloaded page shows which"
                    )]
                    let _ = window().location().reload();
                }
            });
        }
    });
    (move || {
        // Once the module is loaded, `draw` completes at the first poll.
        let room = loaded.get().then(|| draw(pin.clone(), owner.clone()).now_or_never()).flatten().and_then(Result::ok);
        room.unwrap_or_else(|| view! { <Opening /> }.into_any())
    })
    .into_any()
}
