//! Who has a file already: what its owner wants to know before closing the room.

use leptos::prelude::*;

use crate::{
    browser::live_room::use_live_room,
    format,
    room::{FileId, MemberId, Role, Room},
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

/// A line that unfolds into one line for each guest. Nothing where there are no guests.
#[component]
pub fn Receipts(id: FileId) -> impl IntoView {
    let live = use_live_room();
    let receipts = Memo::new(move |_| live.read(|room| receipts(room, id)));
    let sum = move || {
        receipts.with(|receipts| {
            let have = receipts.iter().filter(|(_, _, receipt)| *receipt == Receipt::Has).count();
            format!("{have} of {} have it", receipts.len())
        })
    };
    view! {
        <Show when=move || receipts.with(|receipts| !receipts.is_empty())>
            <details class="receipts">
                <summary>{sum}</summary>
                <ul aria-label="Who has it">
                    <For each=move || receipts.get() key=|receipt| receipt.clone() let((_, name, receipt))>
                        <li data-receipt=word_of(receipt)>
                            <span dir="auto">{name}</span>
                            " "
                            <span class="receipt">{words(receipt)}</span>
                        </li>
                    </For>
                </ul>
            </details>
        </Show>
    }
    .into_any()
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
    let guests = room.members.iter().filter(|member| member.role == Role::Guest);
    guests.map(|member| (member.id, member.name.to_string(), receipt(member.id))).collect()
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
        Receipt::Has => "has it".to_owned(),
        Receipt::Gets(percent) => format!("{percent} %"),
        Receipt::Waits => "waiting".to_owned(),
    }
}
