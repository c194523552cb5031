//! The timetable of the room: one row for each file.

use leptos::prelude::*;

use super::file_row::FileRow;
use crate::{browser::live_room::use_live_room, format, room::FileState, wire};

/// All files of the room, in the order of their arrival.
#[component]
pub fn FileList() -> impl IntoView {
    let live = use_live_room();
    let ids = Memo::new(move |_| live.read(|room| room.files.iter().map(|file| file.id).collect::<Vec<_>>()));
    let total = Memo::new(move |_| live.read(|room| (room.files.len(), room.size_bytes())));
    let complete = Memo::new(move |_| live.read(|room| room.files.iter().filter(|file| file.state == FileState::Complete).count()));
    let archive = wire::archive(&live.pin());
    let sum = move || match total.get() {
        (0, _) => String::new(),
        (count, bytes) => format!("{count} · {}", format::size(bytes)),
    };
    let empty_text = if live.is_owner() {
        "No files yet. What you add appears here for everyone."
    } else {
        "No files yet. They appear here the moment the owner adds them."
    };
    view! {
        <section class="files" aria-labelledby="files-heading">
            <header class="list-head">
                <h2 class="label" id="files-heading">"Files"</h2>
                <span class="list-sum">{sum}</span>
            </header>
            <ul class="file-list" aria-label="Files">
                <For each=move || ids.get() key=|id| *id let:id>
                    <FileRow id />
                </For>
            </ul>
            <Show when=move || total.get().0 == 0>
                <p class="empty">{empty_text}</p>
            </Show>
            <Show when=move || { complete.get() > 1 }>
                <p class="archive"><a class="text-link" href=archive.clone() download="" rel="external">"Get all in one archive"</a></p>
            </Show>
        </section>
    }
    .into_any()
}
