//! Who has a file already: what its owner wants to know before closing the room.

use leptos::prelude::*;

use crate::{
    browser::live_room::{LiveRoom, Topic, use_live_room},
    format,
    i18n::t,
    room::{FileEntry, FileId, MemberId, Role, Room},
};

/// How far one guest is with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Receipt {
    /// All of it.
    Has,
    /// On the way: so many percent.
    Gets(u64),
    /// Has not begun, or broke off.
    Waits,
}

/// What the rows of all files have in common, so that a thousand of them do not each work it out again.
#[derive(Clone, Copy, Debug)]
pub struct Guests {
    count: Memo<usize>,
    /// That none of them has a file.
    none: Memo<String>,
}

impl Guests {
    /// The guests of a room, shared through the context.
    pub fn provide(live: LiveRoom) {
        let count = Memo::new(move |_| live.read(Topic::Seats, |room| guests(room).count()));
        provide_context(Self { count, none: Memo::new(move |_| t().have_it(count.get(), &t().whole(0))) });
    }
}

/// A line that unfolds into one line for each guest. Nothing where there are no guests.
#[component]
pub fn Receipts(id: FileId, file: Memo<Option<FileEntry>>) -> impl IntoView {
    let live = use_live_room();
    let Guests { count, none } = expect_context();
    let have = Memo::new(move |_| {
        file.with(|file| match file {
            Some(file) if !file.received_by.is_empty() => {
                live.read(Topic::Seats, |room| guests(room).filter(|guest| file.received_by.contains(&guest.id)).count())
            }
            _ => 0,
        })
    });
    let sum = move || match have.get() {
        0 => none.get(),
        have => t().have_it(count.get(), &t().whole(have)),
    };
    let open = RwSignal::new(false);
    // The lines of all files together would be more than anyone reads.
    let receipts = Memo::new(move |_| {
        if !open.get() {
            return Vec::new();
        }
        live.follow(Topic::Seats);
        live.read(Topic::File(id), |room| receipts(room, id))
    });
    view! {
        <Show when=move || { count.get() > 0 }>
            <details class="receipts" on:toggle=move |event| open.set(event_target::<web_sys::Element>(&event).has_attribute("open"))>
                <summary>{sum}</summary>
                <ul aria-label=t().who_has_it()>
                    <For each=move || receipts.get() key=|receipt| receipt.clone() let((_, name, receipt))>
                        <li data-receipt=word_of(receipt)>
                            <bdi>{name}</bdi>
                            " · "
                            <span class="receipt">{words(receipt)}</span>
                        </li>
                    </For>
                </ul>
            </details>
        </Show>
    }
    .into_any()
}

fn guests(room: &Room) -> impl Iterator<Item = &crate::room::Member> {
    room.members.iter().filter(|member| member.role == Role::Guest)
}

/// Every guest who has a seat, and how far each is.
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

fn words(receipt: Receipt) -> String {
    match receipt {
        Receipt::Has => t().receipt_has().to_owned(),
        Receipt::Gets(percent) => format::percent_text(percent),
        Receipt::Waits => t().receipt_waits().to_owned(),
    }
}
