//! Closing a room: the owner is asked once, then everything in the room is erased.

use leptos::{
    html::{Button, Dialog},
    prelude::*,
    task::spawn_local,
};

use crate::{
    browser::{
        api,
        room::live_room::{Topic, use_live_room},
        system::toasts::use_toasts,
    },
    components::elements::modal::Modal,
    i18n::t,
    room::Room,
};

/// The button that closes the room, and the dialog that asks for confirmation. While members are still downloading,
/// the dialog names them and offers to wait: then the room closes as soon as no download is running.
#[component]
pub fn CloseRoom() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    let button = NodeRef::<Button>::new();
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let waiting = RwSignal::new(false);
    let getting = Memo::new(move |_| live.read(Topic::Downloads, still_getting));

    let ask = move |_| {
        asking.set(true);
        modal.show();
    };
    let keep = move |(): ()| modal.hide();
    // When the dialog closes, the browser returns the focus while the button is still hidden, which has no effect. So
    // the focus is set here, after the button is visible again.
    let answered = move |_| {
        modal.closed();
        asking.set(false);
        waiting.set(false);
        request_animation_frame(move || {
            if let Some(button) = button.try_get_untracked().flatten() {
                #[expect(clippy::let_underscore_must_use, reason = "focus fails only for an element that is not on the page")]
                let _ = button.focus();
            }
        });
    };
    let close = move |(): ()| {
        busy.set(true);
        let pin = live.pin();
        spawn_local(async move {
            // Success needs no handling here: the socket tells this page, like every other, that the room is closed.
            if let Err(problem) = api::close_room(&pin).await {
                toasts.show(problem.detail);
                keep(());
            }
            busy.try_set(false);
        });
    };
    Effect::new(move |_| {
        if waiting.get() && getting.with(Vec::is_empty) && !busy.get_untracked() {
            close(());
        }
    });
    let consequence = move || {
        live.track(Topic::Seats);
        let (files, members) = live.read(Topic::Files, |room| (room.files.len(), room.members.len()));
        consequence_words(files, members.saturating_sub(1))
    };
    view! {
        <div class="close-room script-only">
            <button class="text-button" type="button" node_ref=button hidden=move || asking.get() on:click=ask>{t().close_room()}</button>
            <dialog class="question" node_ref=dialog aria-labelledby="close-question" on:close=answered>
                <h2 id="close-question">{t().close_question()}</h2>
                <p>{consequence}</p>
                <Show when=move || getting.with(|getting| !getting.is_empty())>
                    <p class="still-getting">{move || getting.with(|getting| getting_words(getting))}</p>
                </Show>
                <p aria-live="polite" class="quiet">{move || if waiting.get() { t().closes_when_they_have_it() } else { "" }}</p>
                <div class="question-actions">
                    <button class="button" type="button" data-look="outlined" on:click=move |_| keep(())>{t().cancel()}</button>
                    <Show when=move || !waiting.get() && getting.with(|getting| !getting.is_empty())>
                        <button class="button" type="button" data-look="outlined" on:click=move |_| waiting.set(true)>{t().wait_for_them()}</button>
                    </Show>
                    <button class="button" type="button" aria-busy=move || busy.get().to_string() on:click=move |_| close(())>{t().close_room()}</button>
                </div>
            </dialog>
        </div>
    }
    .into_any()
}

/// What is lost when the room is closed: its files, and the access of the `others`, who are all members but the owner.
fn consequence_words(files: usize, others: usize) -> String {
    match (files, others) {
        (0, 0) => t().close_empties().to_owned(),
        (0, others) => t().close_empties_and(&t().close_others(others)),
        (files, 0) => t().close_erases(files),
        (files, others) => t().close_erases_and(files, &t().close_others(others)),
    }
}

/// The downloads that are running, as pairs of the member's name and the file's name.
fn still_getting(room: &Room) -> Vec<(String, String)> {
    let names = |download: &crate::room::Download| {
        let member = room.member(download.member)?.name.to_string();
        Some((member, room.file(download.file)?.name.to_string()))
    };
    room.downloads.iter().filter_map(names).collect()
}

fn getting_words(getting: &[(String, String)]) -> String {
    match getting {
        [(member, file)] => t().still_downloading_file(member, file),
        [(member, _), rest @ ..] if rest.iter().all(|(other, _)| other == member) => t().still_downloading_files(getting.len(), member),
        several => {
            let mut members: Vec<&str> = several.iter().map(|(member, _)| member.as_str()).collect();
            members.dedup();
            t().still_downloading_members(&members.join(t().list_separator()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_lost_and_by_how_many() {
        let cases = [
            (0, 0, "The PIN will stop working."),
            (0, 1, "The PIN will stop working and the other person will lose access."),
            (1, 0, "Its file will be erased."),
            (1, 2, "Its file will be erased and the 2 others will lose access."),
            (1045, 4, "All 1,045 files will be erased and the 4 others will lose access."),
        ];
        for (files, others, words) in cases {
            assert_eq!(consequence_words(files, others), words);
        }
    }

    #[test]
    fn says_who_would_lose_what() {
        let words = |getting: &[(&str, &str)]| {
            getting_words(&getting.iter().map(|(member, file)| ((*member).to_owned(), (*file).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(words(&[("Ada", "a.pdf")]), "Ada is still downloading “a.pdf”.");
        assert_eq!(words(&[("Ada", "a.pdf"), ("Ada", "b.pdf")]), "Ada is still downloading 2 files.");
        assert_eq!(words(&[("Ada", "a.pdf"), ("Bob", "b.pdf")]), "Still downloading: Ada, Bob.");
    }
}
