//! Loads the windows of the room's page (previews, details, questions) as a WebAssembly module of its own when the page is
//! alive. All of them are closed at first, so the page does without their code until then.

use futures::FutureExt as _;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::components::elements::erase::Erase as _;
use crate::{
    browser::{
        room::live_room::use_live_room,
        system::{backoff, hydration::use_hydration},
    },
    components::{
        files::{already_here::AlreadyHere, file_details::FileDetailsWindow, preview::PreviewWindow},
        room::close_room::CloseQuestion,
    },
};

/// The windows, as soon as their module is loaded. A window that was asked for before opens then.
#[component]
pub(super) fn LazyWindows() -> impl IntoView {
    let hydration = use_hydration();
    let loaded = RwSignal::new(false);
    Effect::new(move |_| {
        if hydration.is_over() {
            spawn_local(async move {
                load().await;
                // The page may have been left by then, so the signal may be gone.
                loaded.try_set(true);
            });
        }
    });
    // Once the module is loaded, `draw` completes at the first poll.
    (move || loaded.get().then(|| draw().now_or_never()).flatten().and_then(Result::ok)).erased()
}

/// Loads the module, as often as it takes.
async fn load() {
    #[cfg(feature = "hydrate")]
    for failures in 1.. {
        if preload().await.is_ok() {
            return;
        }
        backoff::wait(failures).await;
    }
}

#[wasm_split(windows, wasm_split_path = ::leptos::wasm_split, preload(preload), fallible)]
fn draw() -> Result<AnyView, SplitLoaderError> {
    let owner = use_live_room().is_owner();
    let view = view! {
        <PreviewWindow />
        <FileDetailsWindow />
        {owner.then(|| view! {
            <AlreadyHere />
            <CloseQuestion />
        })}
    };
    Ok(view.erased())
}
