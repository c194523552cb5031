//! One file in the list: what it is, how much of it has arrived, and the buttons to download or manage it.

use leptos::{prelude::*, task::spawn_local};

use super::{preview::use_preview, receipts::Receipts};
use crate::browser::system::clipboard;
use crate::{
    browser::{
        api,
        files::uploader::{UploadState, use_uploads},
        room::{
            live_room::{Link, use_live_room},
            removals::use_removals,
        },
        system::toasts::use_toasts,
    },
    format,
    i18n::{problem_text::problem_text, t},
    room::{FileEntry, FileId, FileState},
    wire::{self, ClientMessage},
};

/// One row of the list. It is redrawn only when its own file changes.
#[component]
pub fn FileRow(
    /// The file's id.
    id: FileId,
) -> impl IntoView {
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
    let thumbnail = wire::thumbnail(&pin, id);
    let name_id = format!("name-{id}");

    let state = Memo::new(move |_| file.with(|file| file.as_ref().map_or(FileState::Stopped, |file| file.state)));
    let size = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.size_bytes)));
    let arrived = Memo::new(move |_| file.with(|file| file.as_ref().map_or(0, |file| file.offset_bytes)));
    let upload_state = Memo::new(move |_| uploads.state(id));
    // While this browser sends the file, it knows what it has sent before the room reports what has arrived.
    let offset = Memo::new(move |before: Option<&u64>| match upload_state.get() {
        Some(UploadState::Sending) => arrived.get().max(uploads.sent_bytes(id).unwrap_or(0)),
        // The answer to the last chunk ends the upload here before the room's event reports the new offset. The
        // progress must not fall back meanwhile.
        None if state.get() == FileState::Arriving => arrived.get().max(before.copied().unwrap_or(0)),
        _ => arrived.get(),
    });
    let words = move || state_words(state.get(), offset.get(), size.get(), upload_state.get().as_ref());
    let state_name = move || match (state.get(), upload_state.get()) {
        (FileState::Complete, _) => "complete",
        (_, Some(UploadState::Failed { .. })) => "failed",
        (_, Some(UploadState::Paused)) | (FileState::Stopped, None) => "stopped",
        _ => "arriving",
    };
    let stopped = Memo::new(move |_| matches!(upload_state.get(), Some(UploadState::Failed { .. } | UploadState::Paused)));
    let active = Memo::new(move |_| upload_state.get().is_some() && !stopped.get());
    let shown = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.preview().is_some())));
    let has_thumbnail = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.has_thumbnail)));
    let sha256 = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.sha256)));
    let copy_sha256 = move |_| {
        spawn_local(async move {
            let Some(sha256) = sha256.get_untracked() else { return };
            let copied = clipboard::copy(&sha256.to_string()).await;
            toasts.show(if copied { t().sha256_copied().to_owned() } else { t().sha256_is(&sha256.to_string()) });
        });
    };

    let remove = {
        let pin = pin.clone();
        let called = name.base();
        move |_| {
            let pin = pin.clone();
            // A removal can be undone for a few seconds. A file with an upload in this browser is removed at once: it
            // was never complete, so nothing is lost.
            if uploads.state_untracked(id).is_none() {
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
        live.send(ClientMessage::UploadPaused { id });
    };
    let kind = name.kind();
    // The folder's name is shown above its rows, so the row shows only the file's own name.
    let shown_name = if name.folders().is_empty() { name.to_string() } else { name.base() };
    let owner = live.is_owner();
    // The owner has every file that it sent. A guest has what was downloaded in this seat before, or by this button.
    let pressed = RwSignal::new(false);
    let received = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.received_by.contains(&live.you))));
    let had = move || owner || pressed.get() || received.get();
    // Only rows that are added while the connection is live are drawn as just arrived, not those of the first paint.
    let arrives = live.link.get_untracked() == Link::Live;
    view! {
        <li class="file" data-state=state_name data-arrives=arrives.to_string()>
            <span class="file-kind" aria-hidden="true">
                <Show when=move || has_thumbnail.get() fallback=move || kind.clone()>
                    <img src=thumbnail.clone() alt="" width="40" height="40" loading="lazy" decoding="async" />
                </Show>
            </span>
            <div class="file-text">
                <p class="file-name" id=name_id.clone()><bdi translate="no">{shown_name}</bdi></p>
                <p class="file-facts">
                    <span translate="no">{move || size.get().map(format::size)}</span>
                    <span class="file-state">{words}</span>
                    // The button is shown before the digest is known. Otherwise it would appear a moment after the file
                    // is complete and move what a person is about to press.
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
                        {move || if upload_state.get() == Some(UploadState::Paused) { t().resume() } else { t().try_again() }}
                    </button>
                </Show>
                <Show when=move || active.get()>
                    <button class="button" type="button" data-look="quiet" aria-describedby=format!("name-{id}") on:click=pause>
                        {t().pause()}
                    </button>
                </Show>
                {owner.then(|| view! {
                    <button class="button script-only" type="button" data-look="quiet" aria-describedby=name_id.clone() on:click=remove>
                        {move || if upload_state.get().is_some() { t().cancel() } else { t().remove() }}
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

/// What is happening to the file, in a few words. Unless the file is complete, the state of this browser's own upload
/// takes precedence over the state in the room. `offset` and `size` are bytes.
fn state_words(state: FileState, offset: u64, size: Option<u64>, upload_state: Option<&UploadState>) -> String {
    let far = match size {
        Some(size) => format::percent_of(offset, size),
        None => format::size(offset),
    };
    match (state, upload_state) {
        (FileState::Complete, _) => t().state_here().to_owned(),
        (_, Some(UploadState::Failed { code })) => t().state_failed(&far, problem_text(*code)),
        (_, Some(UploadState::Retrying)) => t().state_retrying(&far),
        (_, Some(UploadState::Paused)) => t().state_paused(&far),
        (_, Some(UploadState::Waiting)) => t().state_waiting().to_owned(),
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
        let words = |state, upload_state: Option<UploadState>| state_words(state, 43, Some(100), upload_state.as_ref());
        assert_eq!(words(FileState::Arriving, None), "Arriving 43 %");
        assert_eq!(state_words(FileState::Arriving, 4_200_000, None, None), "Arriving 4.2 MB");
        assert_eq!(words(FileState::Complete, None), "Here");
        assert_eq!(words(FileState::Stopped, None), "Stopped at 43 %");
        assert_eq!(words(FileState::Stopped, Some(UploadState::Sending)), "Arriving 43 %");
        assert_eq!(words(FileState::Arriving, Some(UploadState::Waiting)), "Waiting");
        assert_eq!(words(FileState::Stopped, Some(UploadState::Paused)), "Paused at 43 %");
        assert_eq!(
            words(FileState::Stopped, Some(UploadState::Failed { code: ProblemCode::NoSpace })),
            "Stopped at 43 %. The server is out of space. Try again when there is room."
        );
    }
}
