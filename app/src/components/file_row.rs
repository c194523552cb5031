//! One file: what it is, how far it is, and how to get it.

use leptos::{prelude::*, task::spawn_local};

use super::{preview::use_preview, receipts::Receipts};
use crate::{
    browser::{
        api,
        live_room::{Link, use_live_room},
        page,
        problem_text::problem_text,
        removals::use_removals,
        toasts::use_toasts,
        uploader::{Transfer, use_uploads},
    },
    format,
    i18n::t,
    room::{FileEntry, FileId, FileState},
    wire::{self, ClientMessage},
};

/// A row of the list. Only the row whose file changes is drawn again.
#[component]
pub fn FileRow(id: FileId) -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let removals = use_removals();
    let preview = use_preview();
    let file = live.file(id);
    let Some(first) = file.get_untracked() else { return ().into_any() };
    let FileEntry { name, .. } = first;
    let pin = live.pin();
    let address = wire::file(&pin, id);
    let picture = wire::thumbnail(&pin, id);
    let name_id = format!("name-{id}");

    let state = Memo::new(move |_| file.with(|file| file.as_ref().map_or(FileState::Stopped, |file| file.state)));
    let size = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.size_bytes)));
    let arrived = Memo::new(move |_| file.with(|file| file.as_ref().map_or(0, |file| file.offset_bytes)));
    let transfer = Memo::new(move |_| uploads.transfer(id));
    // What has left this browser is known sooner here than what has arrived there.
    let offset = Memo::new(move |before: Option<&u64>| match transfer.get() {
        Some(Transfer::Sending) => arrived.get().max(uploads.sent_bytes(id).unwrap_or(0)),
        // Between the answer to the last chunk and the room's word for it.
        None if state.get() == FileState::Arriving => arrived.get().max(before.copied().unwrap_or(0)),
        _ => arrived.get(),
    });
    let words = move || state_words(state.get(), offset.get(), size.get(), transfer.get().as_ref());
    let state_name = move || match (state.get(), transfer.get()) {
        (FileState::Complete, _) => "complete",
        (_, Some(Transfer::Failed { .. })) => "failed",
        (_, Some(Transfer::Paused)) => "stopped",
        (FileState::Stopped, None) => "stopped",
        _ => "arriving",
    };
    let stopped = Memo::new(move |_| matches!(transfer.get(), Some(Transfer::Failed { .. } | Transfer::Paused)));
    let moving = Memo::new(move |_| transfer.get().is_some() && !stopped.get());
    let shown = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.preview().is_some())));
    let pictured = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.has_thumbnail)));
    let sha256 = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.sha256)));
    let copy_sha256 = move |_| {
        spawn_local(async move {
            let Some(sha256) = sha256.get_untracked() else { return };
            let copied = page::copy(&sha256.to_string()).await;
            toasts.show(if copied { t().sha256_copied().to_owned() } else { t().sha256_is(&sha256.to_string()) });
        });
    };

    let remove = {
        let pin = pin.clone();
        let called = name.base();
        move |_| {
            let pin = pin.clone();
            // What was never all there is no loss that could be undone.
            if uploads.transfer_untracked(id).is_none() {
                return removals.begin(id, &called);
            }
            uploads.cancel(id);
            spawn_local(async move {
                if let Err(problem) = api::remove_file(&pin, id).await {
                    toasts.show(problem.detail);
                }
            });
        }
    };
    let pause = move |_| {
        uploads.pause(id);
        live.say(ClientMessage::UploadPaused { id });
    };
    let kind = name.kind();
    // Its folders stand above the row.
    let shown_name = if name.folders().is_empty() { name.to_string() } else { name.base() };
    let owner = live.is_owner();
    // The owner has what it sent; everybody else, what they got here or anywhere else in this seat.
    let pressed = RwSignal::new(false);
    let received = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.received_by.contains(&live.you))));
    let had = move || owner || pressed.get() || received.get();
    // Rows that were there before the page was alive did not just arrive.
    let arrives = live.link.get_untracked() == Link::Live;
    view! {
        <li class="file" data-state=state_name data-arrives=arrives.to_string()>
            <span class="file-kind" aria-hidden="true">
                <Show when=move || pictured.get() fallback=move || kind.clone()>
                    <img src=picture.clone() alt="" width="40" height="40" loading="lazy" decoding="async" />
                </Show>
            </span>
            <div class="file-text">
                <p class="file-name" id=name_id.clone()><bdi>{shown_name}</bdi></p>
                <p class="file-facts">
                    <span>{move || size.get().map(format::size)}</span>
                    <span class="file-state">{words}</span>
                    // There before it is known, so that nothing moves under a finger a moment later.
                    <Show when=move || state.get() == FileState::Complete>
                        <button
                            class="file-digest script-only"
                            type="button"
                            disabled=move || sha256.get().is_none()
                            title=move || sha256.get().map(|sha256| sha256.to_string())
                            aria-label=t().copy_sha256()
                            on:click=copy_sha256
                        >
                            "SHA-256"
                        </button>
                    </Show>
                </p>
                {owner.then(|| view! { <Receipts id file /> })}
            </div>
            <div class="file-actions">
                <Show when=move || stopped.get()>
                    <button class="button" type="button" data-look="outlined" aria-describedby=format!("name-{id}") on:click=move |_| uploads.resume(id)>
                        {move || if transfer.get() == Some(Transfer::Paused) { t().resume() } else { t().try_again() }}
                    </button>
                </Show>
                <Show when=move || moving.get()>
                    <button class="button" type="button" data-look="quiet" aria-describedby=format!("name-{id}") on:click=pause>
                        {t().pause()}
                    </button>
                </Show>
                {owner.then(|| view! {
                    <button class="button script-only" type="button" data-look="quiet" aria-describedby=name_id.clone() on:click=remove>
                        {move || if transfer.get().is_some() { t().cancel() } else { t().remove() }}
                    </button>
                })}
                <Show when=move || shown.get()>
                    <button class="button script-only" type="button" data-look="quiet" aria-describedby=format!("name-{id}") on:click=move |_| preview.open(id)>
                        {t().preview()}
                    </button>
                </Show>
                <Show when=move || state.get() != FileState::Stopped>
                    <a
                        class="button"
                        href=address.clone()
                        download=""
                        rel="external"
                        aria-describedby=name_id.clone()
                        data-look=move || if had() { "outlined" } else { "solid" }
                        on:click=move |_| pressed.set(true)
                    >
                        {t().download()}
                    </a>
                </Show>
            </div>
            <Show when=move || state.get() != FileState::Complete>
                <progress class="file-progress" max=move || size.get().map(|size| size.to_string()) prop:value=move || size.get().map(|_| offset.get().to_string()) value=move || size.get().map(|_| offset.get().to_string()) aria-describedby=format!("name-{id}")></progress>
            </Show>
        </li>
    }
    .into_any()
}

/// What is happening to the file, in a few words. What this browser knows as its sender comes first.
fn state_words(state: FileState, offset: u64, size: Option<u64>, transfer: Option<&Transfer>) -> String {
    let far = match size {
        Some(size) => format::percent_of(offset, size),
        None => format::size(offset),
    };
    match (state, transfer) {
        (FileState::Complete, _) => t().state_here().to_owned(),
        (_, Some(Transfer::Failed { code })) => t().state_failed(&far, problem_text(*code)),
        (_, Some(Transfer::Retrying)) => t().state_retrying(&far),
        (_, Some(Transfer::Paused)) => t().state_paused(&far),
        (_, Some(Transfer::Waiting)) => t().state_waiting().to_owned(),
        (FileState::Stopped, None) => t().state_stopped(&far),
        (FileState::Arriving | FileState::Stopped, _) => t().state_arriving(&far),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ProblemCode;

    #[test]
    fn says_what_happens_in_a_few_words() {
        let words = |state, transfer: Option<Transfer>| state_words(state, 43, Some(100), transfer.as_ref());
        assert_eq!(words(FileState::Arriving, None), "Arriving 43 %");
        assert_eq!(state_words(FileState::Arriving, 4_200_000, None, None), "Arriving 4.2 MB");
        assert_eq!(words(FileState::Complete, None), "Here");
        assert_eq!(words(FileState::Stopped, None), "Stopped at 43 %");
        assert_eq!(words(FileState::Stopped, Some(Transfer::Sending)), "Arriving 43 %");
        assert_eq!(words(FileState::Arriving, Some(Transfer::Waiting)), "Waiting");
        assert_eq!(words(FileState::Stopped, Some(Transfer::Paused)), "Paused at 43 %");
        assert_eq!(
            words(FileState::Stopped, Some(Transfer::Failed { code: ProblemCode::NoSpace })),
            "Stopped at 43 %. The server is out of space. Try again when there is room."
        );
    }
}
