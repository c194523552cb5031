//! Downloading all files of the room as one archive.

use leptos::prelude::*;

use crate::{
    browser::room::live_room::{Topic, use_live_room},
    components::elements::shown::Shown,
    format,
    i18n::t,
    room::FileState,
    wire,
};

/// The link to the archive with its size, as soon as two files are complete. It is the first thing that guests want;
/// the owner has the files already.
#[component]
pub fn DownloadAll(
    /// The classes of the link.
    class: &'static str,
) -> impl IntoView {
    let live = use_live_room();
    let complete = Memo::new(move |_| {
        live.read(Topic::Files, |room| {
            let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
            complete.fold((0, 0), |(files, bytes): (usize, u64), file| (files + 1, bytes.saturating_add(file.offset_bytes)))
        })
    });
    let archive = wire::archive(&live.pin());
    view! {
        <Shown when=move || { complete.get().0 > 1 }>
            <a class=class href=archive.clone() download="" rel="external">{move || t().get_all_of(&format::size(complete.get().1))}</a>
        </Shown>
    }
    .into_any()
}
