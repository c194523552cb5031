//! The head of the list of files: how many there are, and what can be done with all of them.

use leptos::{html::Input, prelude::*};

use super::{
    download_all::DownloadAll,
    listing::{Folder, Listing, Order},
    selection::Selection,
};
use crate::{
    browser::room::live_room::{Topic, use_live_room},
    components::elements::shown::Shown,
    format,
    i18n::t,
};

/// From so many files on, they can be sought and sorted.
const MANY_FILES: usize = 20;

/// The heading with the number and size of the listed files, the field in which names are sought, the order, and the
/// button that begins to select files.
#[component]
pub fn ListHead(
    /// What is listed.
    folders: Memo<Vec<Folder>>,
    /// Whether the room is one of pictures.
    of_pictures: Memo<bool>,
) -> impl IntoView {
    let live = use_live_room();
    let listing: Listing = expect_context();
    let count = Memo::new(move |_| live.read(Topic::Files, |room| room.files.len()));
    let sum = move || {
        let (files, bytes) =
            folders.with(|folders| folders.iter().fold((0, 0), |(files, bytes), folder| (files + folder.ids.len(), bytes + folder.bytes)));
        if files == 0 { String::new() } else { sum_of(files, bytes) }
    };
    // Whoever seeks keeps the field when files are removed: without it, nothing could show the other files again.
    let is_seeking = move || !listing.sought.with(String::is_empty);
    let field = NodeRef::<Input>::new();
    let seek = move |_| listing.sought.set(field.get_untracked().map(|field| field.value()).unwrap_or_default());
    let chosen = move |event: web_sys::Event| listing.sort(Order::of(&event_target_value(&event)));
    let option = move |order: Order, word: &'static str| {
        view! { <option value=order.word() selected=move || listing.order.get() == order prop:selected=move || listing.order.get() == order>{word}</option> }
    };
    view! {
        <header class="list-head">
            <h2 class="label" id="files-heading">{t().files()}</h2>
            <span class="list-sum">{sum}</span>
            {live.is_owner().then(|| view! { <DownloadAll class="text-link" /> })}
        </header>
        <Shown when=move || { count.get() > 1 || is_seeking() }>
            <div class="list-tools script-only">
                <Shown when=move || { count.get() >= MANY_FILES || is_seeking() }>
                    <input
                        class="list-search"
                        node_ref=field
                        type="search"
                        autocomplete="off"
                        aria-label=t().find_file()
                        placeholder=t().find_file()
                        on:input=seek
                    />
                </Shown>
                <select class="list-order" aria-label=t().order() autocomplete="off" on:change=chosen>
                    {option(Order::Newest, t().order_newest())}
                    {option(Order::Name, t().order_name())}
                    {option(Order::Size, t().order_size())}
                </select>
                <Shown when=of_pictures>
                    <button class="button" type="button" data-look="quiet" on:click=move |_| listing.show_pictures(!listing.pictures_as_list.get_untracked())>
                        {move || if listing.pictures_as_list.get() { t().as_grid() } else { t().as_list() }}
                    </button>
                </Shown>
                <Shown when=move || !listing.selecting.get()>
                    <button class="button" type="button" data-look="quiet" on:click=move |_| listing.selecting.set(true)>{t().select_files()}</button>
                </Shown>
            </div>
            <Selection />
        </Shown>
    }
    .into_any()
}

/// The number of files and their total size in `bytes`, as text.
pub(super) fn sum_of(count: usize, bytes: u64) -> String {
    format!("{} · {}", t().whole(count), format::size(bytes))
}
