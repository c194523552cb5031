//! The list of the room's files: the files of each folder under its name, the others without one.

use leptos::prelude::*;

use super::{
    file_row::FileRow,
    list_head::{ListHead, sum_of},
    listing::{Folder, Listing, folders, is_of_pictures},
};
use crate::{
    browser::{
        room::{
            live_room::{Topic, use_live_room},
            removals::use_removals,
        },
        system::{hydration::use_hydration, page},
    },
    components::elements::{hydrated_later::HydratedLater, shown::Shown},
    i18n::t,
    room::FileId,
    wire,
};

/// The number of rows in one list. It is large enough to fill a screen, and small enough that few rows outside the
/// screen are laid out with those on it.
const ROWS_IN_A_LIST: usize = 25;
/// The id of what follows the list, to which the keyboard can skip.
const AFTER: &str = "after-files";

/// All files of the room that are listed, in the order that the person has chosen.
#[component]
pub fn FileList() -> impl IntoView {
    let live = use_live_room();
    let (removals, hydration) = (use_removals(), use_hydration());
    let listing: Listing = expect_context();
    let folders = Memo::new(move |_| {
        let (order, sought) = (listing.order.get(), listing.sought.get());
        live.read(Topic::Files, |room| folders(room, |id| !hydration.is_over() || !removals.has(id), order, &sought))
    });
    let of_pictures = Memo::new(move |_| live.read(Topic::Files, is_of_pictures));
    let names = Memo::new(move |_| folders.with(|folders| folders.iter().map(|folder| folder.name.clone()).collect::<Vec<_>>()));
    let is_empty = Memo::new(move |_| names.with(Vec::is_empty));
    Effect::new(move |_| {
        folders.track();
        // The rows are drawn before the next frame.
        if listing.selecting.get() {
            request_animation_frame(move || listing.count_selected());
        }
    });
    let empty_text = move || match (listing.sought.with(String::is_empty), live.is_owner()) {
        (false, _) => t().none_found(),
        (true, true) => t().files_empty_owner(),
        (true, false) => t().files_empty_guest(),
    };
    view! {
        <section
            class="files"
            aria-labelledby="files-heading"
            data-selecting=move || listing.selecting.get().to_string()
            data-grid=move || (of_pictures.get() && !listing.pictures_as_list.get()).to_string()
            on:change=move |_| listing.count_selected()
        >
            <ListHead folders of_pictures />
            <a class="skip-link script-only" href=format!("#{AFTER}") on:click=move |event| {
                event.prevent_default();
                skip();
            }>{t().skip_files()}</a>
            <For each=move || names.get() key=String::clone let:name>
                <FilesOf name folders />
            </For>
            <Shown when=is_empty>
                <p class="empty">{empty_text}</p>
            </Shown>
            <span id=AFTER tabindex="-1"></span>
        </section>
    }
    .into_any()
}

/// Moves the keyboard behind the list. The browser's own way would leave an entry in the history.
fn skip() {
    if let Some(after) = page::element(AFTER) {
        #[expect(clippy::let_underscore_must_use, reason = "an element that cannot take the focus leaves it where it is")]
        let _ = after.focus();
    }
}

/// The files of one folder under its name, or those that are in no folder. A folder is collapsed at first, but not while
/// something is sought.
#[component]
fn FilesOf(name: String, folders: Memo<Vec<Folder>>) -> impl IntoView {
    let live = use_live_room();
    let listing: Listing = expect_context();
    let called = name.clone();
    let folder =
        Memo::new(move |_| folders.with(|folders| folders.iter().find(|folder| folder.name == called).cloned().unwrap_or_default()));
    let ids = Memo::new(move |_| folder.with(|folder| folder.ids.clone()));
    if name.is_empty() {
        return view! { <Rows ids label=t().files().to_owned() /> }.into_any();
    }
    let label = t().files_in(&name);
    // The folder's path as its sender gave it, which names the folder to the server.
    let path = live.read_untracked(|room| {
        let first = folder.with_untracked(|folder| folder.ids.first().copied());
        first.and_then(|id| room.file(id)).map(|file| file.name.folder_path()).unwrap_or_default()
    });
    let archive = wire::folder_archive(&live.pin(), &path);
    view! {
        <details class="folder" prop:open=move || !listing.sought.with(String::is_empty)>
            <summary>
                <span class="folder-name"><bdi translate="no">{name.clone()}</bdi></span>
                <span class="list-sum">{move || folder.with(|folder| sum_of(folder.ids.len(), folder.bytes))}</span>
            </summary>
            <p class="folder-actions">
                <a class="text-link" href=archive download="" rel="external" aria-label=format!("{} {name}", t().download())>{t().download()}</a>
            </p>
            <Rows ids label />
        </details>
    }
    .into_any()
}

/// The rows, split into lists of [`ROWS_IN_A_LIST`], because the style sheet lets browsers skip the layout of a whole
/// list that is not on the screen. They are counted from the end: a new file, which comes first, changes only the first
/// list.
#[component]
fn Rows(ids: Memo<Vec<FileId>>, label: String) -> impl IntoView {
    let lists = Memo::new(move |_| ids.with(Vec::len).div_ceil(ROWS_IN_A_LIST));
    view! {
        <For each=move || (0..lists.get()).rev() key=|list| *list let:list>
            <ListOfRows ids list label=label.clone() />
        </For>
    }
    .into_any()
}

#[component]
fn ListOfRows(ids: Memo<Vec<FileId>>, list: usize, label: String) -> impl IntoView {
    let ids = Memo::new(move |_| ids.with(|ids| ids.rchunks(ROWS_IN_A_LIST).nth(list).map(<[FileId]>::to_vec).unwrap_or_default()));
    view! {
        <ul class="file-list" aria-label=label data-full=move || (ids.with(Vec::len) == ROWS_IN_A_LIST).to_string()>
            <For each=move || ids.get() key=|id| *id let:id>
                <HydratedLater><FileRow id /></HydratedLater>
            </For>
        </ul>
    }
    .into_any()
}
