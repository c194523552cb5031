//! Which guests have a file already. The owner wants to know that before closing the room.

use leptos::prelude::*;

use crate::{
    browser::room::live_room::{LiveRoom, Topic, use_live_room},
    format,
    i18n::t,
    room::{FileEntry, FileId, MemberId, Role, Room},
};

/// How much of a file one guest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Receipt {
    /// The guest has all of it.
    Has,
    /// The guest is downloading it and has this many percent.
    Gets(u64),
    /// The guest has not begun to download it, or the download broke off.
    Waits,
}

/// What the rows of all files need to know about the guests. It is computed once for all, because a room may have a
/// thousand files.
#[derive(Clone, Copy, Debug)]
pub struct Guests {
    /// Whether there are guests.
    any: Memo<bool>,
    /// The number of guests.
    count: Memo<usize>,
    /// The text which says that no guest has the file.
    none: Memo<String>,
}

impl Guests {
    /// Follows the guests of a room and shares this through the context.
    pub fn provide(live: LiveRoom) {
        let count = Memo::new(move |_| live.read(Topic::Seats, |room| guests(room).count()));
        let any = Memo::new(move |_| count.get() > 0);
        provide_context(Self { any, count, none: Memo::new(move |_| t().have_it(count.get(), &t().whole(0))) });
    }
}

/// Whether the list that contains the row is on the screen. A new guest changes the count in every row at once; rows
/// outside the screen update it only when they come into view.
#[derive(Clone, Copy, Debug)]
pub struct OnScreen(pub Memo<bool>);

/// A line that says how many guests have the file and expands into one line for each guest. Draws nothing if there are
/// no guests.
#[component]
pub fn Receipts(
    /// The file's id.
    id: FileId,
    /// The file, or `None` when it is not in the room any more.
    file: Memo<Option<FileEntry>>,
) -> impl IntoView {
    let live = use_live_room();
    let Guests { any, count, none } = expect_context();
    let OnScreen(on_screen) = expect_context();
    let have = Memo::new(move |_| {
        file.with(|file| match file {
            Some(file) if !file.received_by.is_empty() => {
                live.read(Topic::Seats, |room| guests(room).filter(|guest| file.received_by.contains(&guest.id)).count())
            }
            _ => 0,
        })
    });
    let words = move || match have.get() {
        0 => none.get(),
        have => t().have_it(count.get(), &t().whole(have)),
    };
    let sum = Memo::new(move |before: Option<&String>| match before {
        Some(before) if !on_screen.get() => before.clone(),
        _ => words(),
    });
    let open = RwSignal::new(false);
    // Computed only while the line is expanded: nobody reads the lines of all files at once.
    let receipts = Memo::new(move |_| {
        if !open.get() {
            return Vec::new();
        }
        live.track(Topic::Seats);
        live.read(Topic::File(id), |room| receipts(room, id))
    });
    view! {
        <Show when=move || any.get()>
            // Not a `details` element: when a page has a thousand of them, Chromium takes 7 ms for each further one.
            <div class="receipts">
                // The whole line reacts to a click. The button in it is for the keyboard and for screen readers.
                <p class="receipts-sum" on:click=move |_| open.update(|open| *open = !*open)>
                    <span>{sum}</span>
                    <button
                        class="receipts-unfold script-only"
                        type="button"
                        aria-label=t().who_has_it()
                        aria-expanded=move || open.get().to_string()
                        aria-describedby=format!("name-{id}")
                    ></button>
                </p>
                <Show when=move || open.get()>
                    <ul aria-label=t().who_has_it()>
                        <For each=move || receipts.get() key=|receipt| receipt.clone() let((_, name, receipt))>
                            <li data-receipt=word_of(receipt)>
                                <bdi>{name}</bdi>
                                " · "
                                <span class="receipt">{receipt_words(receipt)}</span>
                            </li>
                        </For>
                    </ul>
                </Show>
            </div>
        </Show>
    }
    .into_any()
}

fn guests(room: &Room) -> impl Iterator<Item = &crate::room::Member> {
    room.members.iter().filter(|member| member.role == Role::Guest)
}

/// Every guest who has a seat, with the name and how much of the file the guest has.
fn receipts(room: &Room, id: FileId) -> Vec<(MemberId, String, Receipt)> {
    let Some(file) = room.file(id) else { return Vec::new() };
    let receipt = |member: MemberId| {
        if file.received_by.contains(&member) {
            return Receipt::Has;
        }
        let download = room.downloads.iter().find(|download| download.file == id && download.member == member);
        let size = file.size_bytes.unwrap_or(file.offset_bytes);
        download.map_or(Receipt::Waits, |download| Receipt::Gets(format::percent(download.received_bytes, size)))
    };
    guests(room).map(|member| (member.id, member.name.to_string(), receipt(member.id))).collect()
}

const fn word_of(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Has => "has",
        Receipt::Gets(_) => "gets",
        Receipt::Waits => "waits",
    }
}

fn receipt_words(receipt: Receipt) -> String {
    match receipt {
        Receipt::Has => t().receipt_has().to_owned(),
        Receipt::Gets(percent) => format::percent_text(percent),
        Receipt::Waits => t().receipt_waits().to_owned(),
    }
}
