//! Asks what happens to files that are in the room already and were added again.

use leptos::{html::Dialog, prelude::*};
use send_wrapper::SendWrapper;

use crate::{
    browser::{
        files::{picked_file::PickedFile, uploader::use_uploads},
        room::{
            live_room::{LiveRoom, use_live_room},
            removals::Removals,
        },
    },
    components::elements::modal::Modal,
    i18n::t,
    room::FileState,
};

/// The files that wait for the answer. Shared through the context.
#[derive(Clone, Copy, Debug)]
pub struct Doubles(RwSignal<Vec<SendWrapper<PickedFile>>>);

impl Doubles {
    /// Shares it through the context. No file waits yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    /// Returns the files that are new to the room, and keeps the others until the person has answered. A file is in the
    /// room already if one with the same name and length is complete there, and is not about to be erased.
    pub(super) fn keep(self, live: LiveRoom, removals: Removals, files: Vec<PickedFile>) -> Vec<PickedFile> {
        let is_here = |picked: &PickedFile| {
            let (name, size) = (picked.name(), picked.size_bytes);
            live.read_untracked(|room| {
                room.files.iter().any(|file| {
                    file.size_bytes == Some(size)
                        && file.name.as_str() == name
                        && file.state == FileState::Complete
                        && !untrack(|| removals.has(file.id))
                })
            })
        };
        let (doubles, new): (Vec<_>, Vec<_>) = files.into_iter().partition(is_here);
        if !doubles.is_empty() {
            self.0.update(|waiting| waiting.extend(doubles.into_iter().map(SendWrapper::new)));
        }
        new
    }
}

/// The question, which is shown as long as files wait for the answer.
#[component]
pub fn AlreadyHere() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let Doubles(files) = expect_context();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if files.with(Vec::is_empty) {
            dialog.close();
        } else {
            modal.show();
        }
    });
    let words = move || {
        files.with(|files| match files.as_slice() {
            [file] => t().already_here_file(&file.name()),
            files => t().already_here_files(files.len()),
        })
    };
    let keep = move |_| {
        let files = files.try_update(std::mem::take).unwrap_or_default();
        uploads.add(live.pin(), files.into_iter().map(SendWrapper::take).collect(), Vec::new());
    };
    let skip = move || files.set(Vec::new());
    let closed = move |_| {
        modal.closed();
        skip();
    };
    view! {
        <dialog class="question" node_ref=dialog aria-labelledby="already-here" on:close=closed>
            <h2 id="already-here">{words}</h2>
            <div class="question-actions">
                <button class="button" type="button" data-look="outlined" on:click=keep>{t().keep_both()}</button>
                <button class="button" type="button" on:click=move |_| skip()>{t().skip()}</button>
            </div>
        </dialog>
    }
    .into_any()
}
