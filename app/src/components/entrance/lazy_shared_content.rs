//! Loads the code of [`SharedContent`] when something came from outside the page, which is seldom.

use futures::FutureExt as _;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::shared_content::SharedContent;
use crate::{
    browser::{installed_app::use_installed_app, room::activity::HandedOver},
    components::elements::lazy::lazy,
    room::Pin,
};

/// [`SharedContent`], as soon as it is needed.
#[component]
pub fn LazySharedContent(
    /// Creates a room with the content.
    create: Callback<HandedOver>,
    /// Adds the content to an existing room.
    add: Callback<(Pin, HandedOver)>,
    /// Set to `true` while content is shown.
    waits: RwSignal<bool>,
) -> impl IntoView {
    let installed = use_installed_app();
    let load = async || {
        #[cfg(feature = "hydrate")]
        return preload().await.is_ok();
        #[cfg(not(feature = "hydrate"))]
        true
    };
    lazy(move || installed.has_content(), load, move || draw(create, add, waits).now_or_never().and_then(Result::ok))
}

#[wasm_split(shared_content, wasm_split_path = ::leptos::wasm_split, preload(preload), fallible)]
fn draw(create: Callback<HandedOver>, add: Callback<(Pin, HandedOver)>, waits: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <SharedContent create add waits /> }.into_any())
}
