//! The parts of the room's page that are not needed at first: windows that are closed, and lines that are seldom there. They
//! are a WebAssembly module of their own, which is loaded when the page is alive.

use futures::FutureExt as _;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    browser::room::live_room::use_live_room,
    components::{
        elements::lazy::lazy,
        files::{
            already_here::AlreadyHere, file_details::FileDetailsWindow, new_files::NewFiles, preview::PreviewWindow,
            unfinished_files::UnfinishedFiles, upload_bar::UploadBar,
        },
        room::{all_received::AllReceived, announcer::Announcer, close_room::CloseQuestion, notice_offer::NoticeOffer, qr::QrWindow},
    },
};

/// One of these parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The offer to tell of files that arrive while the page is in the background.
    NoticeOffer,
    /// The line that says that everyone has everything.
    AllReceived,
    /// What is said to screen readers.
    Announcer,
    /// The bar of the uploads.
    UploadBar,
    /// The files whose upload an earlier visit did not finish.
    UnfinishedFiles,
    /// The button that leads to files which arrived outside the screen.
    NewFiles,
    /// The dialogs. One that was asked for before it was loaded opens then.
    Windows,
}

/// A part, as soon as the module is loaded.
#[component]
pub fn LazyPart(
    /// Which one.
    part: Part,
) -> impl IntoView {
    let load = async || {
        #[cfg(feature = "hydrate")]
        return preload().await.is_ok();
        #[cfg(not(feature = "hydrate"))]
        true
    };
    // Once the module is loaded, `draw` completes at the first poll.
    lazy(|| true, load, move || draw(part).now_or_never().and_then(Result::ok))
}

#[wasm_split(room_parts, wasm_split_path = ::leptos::wasm_split, preload(preload), fallible)]
fn draw(part: Part) -> Result<AnyView, SplitLoaderError> {
    Ok(match part {
        Part::NoticeOffer => view! { <NoticeOffer /> }.into_any(),
        Part::AllReceived => view! { <AllReceived /> }.into_any(),
        Part::Announcer => view! { <Announcer /> }.into_any(),
        Part::UploadBar => view! { <UploadBar /> }.into_any(),
        Part::UnfinishedFiles => view! { <UnfinishedFiles /> }.into_any(),
        Part::NewFiles => view! { <NewFiles /> }.into_any(),
        Part::Windows => {
            let owner = use_live_room().is_owner();
            view! {
                <PreviewWindow />
                <FileDetailsWindow />
                <QrWindow />
                {owner.then(|| view! {
                    <AlreadyHere />
                    <CloseQuestion />
                })}
            }
            .into_any()
        }
    })
}
