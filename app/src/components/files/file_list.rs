//! The list of the room's files: one row for each file, with the files of a folder under the folder's name.

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::{
    file_row::FileRow,
    receipts::{Guests, OnScreen},
};
use crate::{
    browser::{
        room::{
            live_room::{Topic, use_live_room},
            removals::use_removals,
        },
        system::hydration::use_hydration,
    },
    components::elements::hydrated_later::HydratedLater,
    format,
    i18n::t,
    room::{FileId, FileState, Room},
    wire,
};

/// The number of rows in one list. It is large enough to fill a screen, and small enough that few rows outside the
/// screen are laid out with those on it.
const ROWS_IN_A_LIST: usize = 25;

/// All files of the room in the order in which they were added. Files that are in no folder come first.
#[component]
pub fn FileList() -> impl IntoView {
    let live = use_live_room();
    let (removals, hydration) = (use_removals(), use_hydration());
    Guests::provide(live);
    let folders = Memo::new(move |_| live.read(Topic::Files, |room| folders(room, |id| !hydration.is_over() || !removals.has(id))));
    let loose = Memo::new(move |_| ids_in(&folders, ""));
    let names = Memo::new(move |_| {
        folders.with(|folders| folders.iter().map(|folder| folder.name.clone()).filter(|name| !name.is_empty()).collect::<Vec<_>>())
    });
    let total = Memo::new(move |_| {
        folders.with(|folders| folders.iter().fold((0, 0), |(files, bytes), folder| (files + folder.ids.len(), bytes + folder.bytes)))
    });
    let complete =
        Memo::new(move |_| live.read(Topic::Files, |room| room.files.iter().filter(|file| file.state == FileState::Complete).count()));
    let archive = wire::archive(&live.pin());
    let sum = move || match total.get() {
        (0, _) => String::new(),
        (count, bytes) => sum_of(count, bytes),
    };
    let empty_text = if live.is_owner() { t().files_empty_owner() } else { t().files_empty_guest() };
    view! {
        <section class="files" aria-labelledby="files-heading">
            <header class="list-head">
                <h2 class="label" id="files-heading">{t().files()}</h2>
                <span class="list-sum">{sum}</span>
            </header>
            <Rows ids=loose label=t().files().to_owned() />
            <For each=move || names.get() key=String::clone let:name>
                <FolderOfFiles name folders />
            </For>
            <Show when=move || total.get().0 == 0>
                <p class="empty">{empty_text}</p>
            </Show>
            <Show when=move || { complete.get() > 1 }>
                <p class="archive"><a class="text-link" href=archive.clone() download="" rel="external">{t().get_all()}</a></p>
            </Show>
        </section>
    }
    .into_any()
}

/// The files of one folder under its name. The folder can be collapsed.
#[component]
fn FolderOfFiles(name: String, folders: Memo<Vec<Folder>>) -> impl IntoView {
    let called = name.clone();
    let ids = Memo::new(move |_| ids_in(&folders, &called));
    let bytes = {
        let called = name.clone();
        Memo::new(move |_| folders.with(|folders| folders.iter().find(|folder| folder.name == called).map_or(0, |folder| folder.bytes)))
    };
    let label = t().files_in(&name);
    view! {
        <details class="folder" open>
            <summary>
                <span class="folder-name"><bdi>{name}</bdi></span>
                <span class="list-sum">{move || sum_of(ids.with(Vec::len), bytes.get())}</span>
            </summary>
            <Rows ids label />
        </details>
    }
    .into_any()
}

/// The rows, split into lists of [`ROWS_IN_A_LIST`], because the style sheet lets browsers skip the layout of a whole
/// list that is not on the screen.
#[component]
fn Rows(ids: Memo<Vec<FileId>>, label: String) -> impl IntoView {
    let lists = Memo::new(move |_| ids.with(Vec::len).div_ceil(ROWS_IN_A_LIST));
    view! {
        <For each=move || 0..lists.get() key=|list| *list let:list>
            <ListOfRows ids list label=label.clone() />
        </For>
    }
    .into_any()
}

#[component]
fn ListOfRows(ids: Memo<Vec<FileId>>, list: usize, label: String) -> impl IntoView {
    let ids = Memo::new(move |_| ids.with(|ids| ids.chunks(ROWS_IN_A_LIST).nth(list).map(<[FileId]>::to_vec).unwrap_or_default()));
    let full = Memo::new(move |_| ids.with(Vec::len) == ROWS_IN_A_LIST);
    // Stays `false` in browsers that do not report it: there all rows count as being on the screen.
    let skipped = RwSignal::new(false);
    provide_context(OnScreen(Memo::new(move |_| !(full.get() && skipped.get()))));
    view! {
        <ul
            class="file-list"
            aria-label=label
            data-full=move || full.get().to_string()
            on:contentvisibilityautostatechange=move |event| skipped.set(is_skipped(&event))
        >
            <For each=move || ids.get() key=|id| *id let:id>
                <HydratedLater><FileRow id /></HydratedLater>
            </For>
        </ul>
    }
    .into_any()
}

/// Whether a `contentvisibilityautostatechange` event says that the browser skips the layout and painting of its target
/// (CSS Containment Module Level 2).
fn is_skipped(event: &JsValue) -> bool {
    Reflect::get(event, &"skipped".into()).is_ok_and(|skipped| skipped.is_truthy())
}

/// The number of files and their total size in `bytes`, as text.
fn sum_of(count: usize, bytes: u64) -> String {
    format!("{} · {}", t().whole(count), format::size(bytes))
}

/// The files of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Folder {
    /// The folder's path as it is shown to people; empty for the files that are in no folder.
    name: String,
    ids: Vec<FileId>,
    /// The total size of the files; of a file whose size is unknown, what has arrived is counted.
    bytes: u64,
}

/// The folders of the room, in the order in which their first files arrived.
fn folders(room: &Room, is_shown: impl Fn(FileId) -> bool) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for file in room.files.iter().filter(|file| is_shown(file.id)) {
        let name = file.name.folders();
        let index = folders.iter().position(|folder| folder.name == name).unwrap_or_else(|| {
            folders.push(Folder { name, ..Folder::default() });
            folders.len() - 1
        });
        folders[index].ids.push(file.id);
        folders[index].bytes = folders[index].bytes.saturating_add(file.size_bytes.unwrap_or(file.offset_bytes));
    }
    folders
}

fn ids_in(folders: &Memo<Vec<Folder>>, name: &str) -> Vec<FileId> {
    folders.with(|folders| folders.iter().find(|folder| folder.name == name).map(|folder| folder.ids.clone()).unwrap_or_default())
}
