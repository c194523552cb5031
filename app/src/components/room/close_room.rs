//! Closing a room: the owner is asked once, then everything in the room is erased.

use leptos::{
    html::{Button, Dialog},
    prelude::*,
    task::spawn_local,
};

use super::lacking::{self, Awaited};
use crate::components::elements::shown::Shown;
use crate::{
    browser::{
        api,
        room::live_room::{Topic, use_live_room},
        system::toasts::use_toasts,
    },
    components::elements::modal::Modal,
    i18n::t,
};

/// What the button and the dialog share through the context, because the dialog is loaded after the page.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    /// Whether the dialog asks.
    asking: RwSignal<bool>,
    button: NodeRef<Button>,
}

impl Closing {
    /// Shares it through the context. Nothing is asked yet.
    pub fn provide() {
        provide_context(Self { asking: RwSignal::new(false), button: NodeRef::new() });
    }
}

/// The button that leads to the dialog.
#[component]
pub fn CloseRoom() -> impl IntoView {
    let Closing { asking, button } = expect_context();
    view! {
        <div class="close-room script-only">
            <button class="text-button" type="button" node_ref=button hidden=move || asking.get() on:click=move |_| asking.set(true)>
                {t().close_room()}
            </button>
        </div>
    }
    .into_any()
}

/// The dialog that asks for confirmation. It lists which guest does not have which file. While somebody is downloading, it
/// offers to wait: then the room closes as soon as each of them has the file or has left. When a download breaks off
/// meanwhile, the owner decides whether to wait on.
#[component]
pub fn CloseQuestion() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    let Closing { asking, button } = expect_context();
    let busy = RwSignal::new(false);
    let awaited = RwSignal::new(None::<Awaited>);
    let waiting = Memo::new(move |_| awaited.with(Option::is_some));
    // The list is made only while the dialog is open, because a large room has many pairs of a guest and a file.
    let lacking = Memo::new(move |_| {
        if !asking.get() {
            return Vec::new();
        }
        [Topic::Seats, Topic::Files, Topic::Receipts].into_iter().for_each(|topic| live.track(topic));
        live.read(Topic::Downloads, lacking::lines)
    });
    let somebody_has_begun = Memo::new(move |_| live.read(Topic::Downloads, |room| !Awaited::begin(room).is_over()));
    let undecided = Memo::new(move |_| {
        awaited.with(|awaited| live.read(Topic::Downloads, |room| awaited.as_ref().and_then(|awaited| awaited.undecided(room))))
    });

    Effect::new(move |_| {
        if asking.get() && dialog.get().is_some() {
            modal.show();
        }
    });
    let keep = move |(): ()| modal.hide();
    // When the dialog closes, the browser returns the focus while the button is still hidden, which has no effect. So
    // the focus is set here, after the button is visible again.
    let answered = move |_| {
        modal.closed();
        asking.try_set(false);
        awaited.try_set(None);
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
    let wait = move |_| awaited.set(Some(live.read_untracked(Awaited::begin)));
    let wait_on = move |_| {
        if let Some(download) = undecided.get_untracked() {
            awaited.update(|awaited| awaited.iter_mut().for_each(|awaited| awaited.accept(download)));
        }
    };
    Effect::new(move |_| {
        if !waiting.get() {
            return;
        }
        [Topic::Seats, Topic::Files, Topic::Receipts].into_iter().for_each(|topic| live.track(topic));
        let followed = live.read(Topic::Downloads, |room| {
            let mut next = awaited.get_untracked().unwrap_or_default();
            next.follow(room);
            next
        });
        let is_over = followed.is_over();
        if awaited.with_untracked(|awaited| awaited.as_ref() != Some(&followed)) {
            awaited.set(Some(followed));
        }
        if is_over && !busy.get_untracked() {
            close(());
        }
    });
    let consequence = move || {
        live.track(Topic::Seats);
        let (files, members) = live.read(Topic::Files, |room| (room.files.len(), room.members.len()));
        consequence_words(files, members.saturating_sub(1))
    };
    let state = move || match undecided.get() {
        Some(download) => live.read(Topic::Files, |room| lacking::broke_off(room, &download)).unwrap_or_default(),
        None if waiting.get() => t().closes_when_they_have_it().to_owned(),
        None => String::new(),
    };
    view! {
            <dialog class="question" node_ref=dialog aria-labelledby="close-question" on:close=answered>
                <h2 id="close-question">{t().close_question()}</h2>
                <p>{consequence}</p>
                <Shown when=move || lacking.with(|lacking| !lacking.is_empty())>
                    <ul class="lacking" aria-label=t().who_lacks()>
                        {move || lacking.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
                    </ul>
                </Shown>
                <p aria-live="polite" class="quiet">{state}</p>
                <div class="question-actions">
                    <button class="button" type="button" data-look="outlined" on:click=move |_| keep(())>{t().cancel()}</button>
                    <Shown when=move || !waiting.get() && somebody_has_begun.get()>
                        <button class="button" type="button" data-look="outlined" on:click=wait>{t().wait_for_them()}</button>
                    </Shown>
                    <Shown when=move || undecided.get().is_some()>
                        <button class="button" type="button" data-look="outlined" on:click=wait_on>{t().keep_waiting()}</button>
                    </Shown>
                    <button class="button" type="button" aria-busy=move || busy.get().to_string() on:click=move |_| close(())>
                        {move || if undecided.get().is_some() { t().close_now() } else { t().close_room() }}
                    </button>
                </div>
            </dialog>
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
}
