//! Files whose uploads an earlier visit did not finish, and the ways to resume them.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{
        files::{
            picking,
            uploader::{Unfinished, use_uploads},
        },
        room::live_room::{Topic, use_live_room},
        system::hydration::use_hydration,
    },
    components::elements::shown::Shown,
    i18n::t,
    room::FileState,
};

/// How long after the page was opened the offsets are read a second time. Until then the server may still count bytes
/// that an earlier page sent.
const SECOND_READING: Duration = Duration::from_secs(3);

/// A section that tells the owner how many files are unfinished and offers to resume them. Draws nothing for guests, or
/// if no file is unfinished.
#[component]
pub fn UnfinishedFiles() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    // A file whose offset has changed since the page was opened is being sent by another tab or by a script, so it is
    // not unfinished. The offsets are read a second time after `SECOND_READING`, because bytes that an earlier page
    // sent may still have been counted after this page was opened.
    let offsets = move || live.read_untracked(|room| room.files.iter().map(|file| (file.id, file.offset_bytes)).collect::<HashMap<_, _>>());
    let at_first = RwSignal::new(offsets());
    Effect::new(move |_| {
        let timer = set_timeout_with_handle(move || at_first.set(offsets()), SECOND_READING);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
    let unfinished = Memo::new(move |_| {
        live.read(Topic::Progress, |room| {
            let is_unchanged = |file: &crate::room::FileEntry| {
                let first = at_first.with(|offsets| offsets.get(&file.id).copied());
                file.state == FileState::Stopped || first == Some(file.offset_bytes)
            };
            room.files.iter().filter(|file| is_unchanged(file) && !uploads.holds(file.id)).filter_map(Unfinished::of).collect::<Vec<_>>()
        })
    });
    let count = Memo::new(move |_| unfinished.with(Vec::len));
    let asking = RwSignal::new(0);
    // Files that were unfinished when the page was opened are resumed without a question if the browser kept their
    // handles and still allows reading them. `asking` is the number of those for which the person has to agree first.
    let hydration = use_hydration();
    Effect::new(move |_| {
        let files = unfinished.get_untracked();
        if hydration.is_over() && live.is_owner() && !files.is_empty() {
            spawn_local(async move { asking.set(uploads.go_on_alone(&live.pin(), &files).await) });
        }
    });
    let go_on = move |_| {
        asking.set(0);
        uploads.ask_and_go_on(live.pin(), unfinished.get_untracked());
    };
    let pick = move |event: web_sys::Event| {
        // Files that are picked before hydration is over stay in the field. When it is over,
        // `picking::repeat_missed_picks` dispatches a change event for the field.
        if hydration.is_over_untracked() {
            uploads.go_on_with_picked(live.pin(), picking::picked_files(&event), unfinished.get_untracked());
        }
    };

    view! {
        <Shown when=move || live.is_owner() && (count.get() > 0)>
            <section class="unfinished script-only" aria-label=t().unfinished_files()>
                <p>
                    <strong>{move || t().unfinished(count.get())}</strong>
                    " " {t().what_arrived_is_kept()}
                </p>
                <div class="unfinished-actions">
                    <Shown when=move || { asking.get() > 0 }>
                        <button class="button" type="button" on:click=go_on>{t().r#continue()}</button>
                    </Shown>
                    <label class="button" data-look="outlined">
                        {move || t().choose_again(count.get())}
                        <input class="visually-hidden" type="file" autocomplete="off" multiple on:change=pick />
                    </label>
                </div>
            </section>
        </Shown>
    }
    .into_any()
}
