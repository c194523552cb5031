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

/// How many guests are downloading a file and how many have it, in words; empty while nobody has or gets it.
pub(super) fn sum(live: LiveRoom, id: FileId, file: Memo<Option<FileEntry>>) -> String {
    let received_by = file.with(|file| file.as_ref().map(|file| file.received_by.clone()).unwrap_or_default());
    // Most files have no receipts, and need not look who is in the room.
    let have = if received_by.is_empty() {
        0
    } else {
        live.read(Topic::Seats, |room| guests(room).filter(|guest| received_by.contains(&guest.id)).count())
    };
    let get = live.read(Topic::File(id), |room| {
        room.downloads.iter().filter(|download| download.file == id && !received_by.contains(&download.member)).count()
    });
    let words = [(get > 0).then(|| t().downloading_it(get)), (have > 0).then(|| t().has_it(have))];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A line for each guest that says how much of the file they have.
#[component]
pub fn Receipts(
    /// The file's id.
    id: FileId,
) -> impl IntoView {
    let live = use_live_room();
    let lines = move || {
        live.track(Topic::Seats);
        live.read(Topic::File(id), |room| receipts(room, id))
            .into_iter()
            .map(|(name, receipt)| {
                view! {
                    <li data-receipt=word_of(receipt)>
                        <bdi translate="no">{name}</bdi>
                        " · "
                        <span class="receipt">{receipt_words(receipt)}</span>
                    </li>
                }
            })
            .collect::<Vec<_>>()
    };
    view! { <ul class="receipts" aria-label=t().who_has_it()>{lines}</ul> }.into_any()
}

fn guests(room: &Room) -> impl Iterator<Item = &crate::room::Member> {
    room.members.iter().filter(|member| member.role == Role::Guest)
}

fn receipts(room: &Room, id: FileId) -> Vec<(String, Receipt)> {
    let Some(file) = room.file(id) else { return Vec::new() };
    let receipt = |member: MemberId| {
        if file.received_by.contains(&member) {
            return Receipt::Has;
        }
        let download = room.downloads.iter().find(|download| download.file == id && download.member == member);
        let size = file.size_bytes.unwrap_or(file.offset_bytes);
        download.map_or(Receipt::Waits, |download| Receipt::Gets(format::percent(download.received_bytes, size)))
    };
    guests(room).map(|member| (member.name.to_string(), receipt(member.id))).collect()
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
