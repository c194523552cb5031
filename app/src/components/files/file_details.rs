//! Everything about one file, in a dialog: its SHA-256, who has it, and what can be done with it.

use leptos::{html::Dialog, prelude::*, task::spawn_local};

use super::{preview::use_preview, receipts::Receipts, removing};
use crate::{
    browser::{
        files::uploader::use_uploads,
        room::{
            live_room::{Topic, use_live_room},
            removals::use_removals,
        },
        system::{clipboard, toasts::use_toasts},
    },
    components::elements::{modal::Modal, shown::Shown},
    format,
    i18n::t,
    room::{FileEntry, FileId, FileState, Role},
    wire,
};

/// The file whose details are shown, if there is one. One dialog serves all rows of the room.
#[derive(Clone, Copy, Debug)]
pub struct FileDetails(RwSignal<Option<FileId>>);

impl FileDetails {
    /// Shares the details through the context. No file is open yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Opens the dialog with a file.
    pub fn open(self, id: FileId) {
        self.0.set(Some(id));
    }
}

/// The details of this page.
///
/// # Panics
/// When it is called outside a room page, which is a mistake in the calling component.
#[must_use]
pub fn use_file_details() -> FileDetails {
    use_context().expect("the room page provides the details")
}

/// The dialog, which is closed until a row opens it.
#[component]
pub fn FileDetailsWindow() -> impl IntoView {
    let live = use_live_room();
    let FileDetails(wanted) = use_file_details();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
    // Becomes `None` when the file is removed, which closes the dialog.
    let file = Memo::new(move |_| wanted.get().and_then(|id| live.read(Topic::File(id), |room| room.file(id).cloned())));
    let is_open = Memo::new(move |_| file.with(Option::is_some));
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if !is_open.get() {
            dialog.close();
        } else {
            modal.show();
        }
    });
    let put_away = move |_| {
        modal.closed();
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            wanted.set(None);
        }
    };
    let name = move || file.with(|file| file.as_ref().map(|file| file.name.to_string()));
    view! {
        <dialog class="file-details" node_ref=dialog aria-labelledby="details-name" on:close=put_away>
            <h2 id="details-name"><bdi translate="no">{name}</bdi></h2>
            <Shown when=is_open>
                {wanted.get_untracked().map(|id| view! { <Facts id file wanted /> })}
            </Shown>
            <button class="button" type="button" data-look="outlined" on:click=move |_| wanted.set(None)>{t().done()}</button>
        </dialog>
    }
    .into_any()
}

/// What the dialog says of the file, and its buttons.
#[component]
fn Facts(id: FileId, file: Memo<Option<FileEntry>>, wanted: RwSignal<Option<FileId>>) -> impl IntoView {
    let live = use_live_room();
    let (uploads, removals, toasts, preview) = (use_uploads(), use_removals(), use_toasts(), use_preview());
    let owner = live.is_owner();
    let is_folder = file.with_untracked(|file| file.as_ref().is_some_and(FileEntry::is_folder));
    let size = move || file.with(|file| file.as_ref().and_then(|file| file.size_bytes).map(format::size));
    let sha256 = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.sha256).map(|sha256| sha256.to_string())));
    let complete = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.state == FileState::Complete)));
    let shown = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.preview().is_some())));
    let any_guest = Memo::new(move |_| live.read(Topic::Seats, |room| room.members.iter().any(|member| member.role == Role::Guest)));
    let sends = Memo::new(move |_| uploads.state(id).is_some());
    let copy = move |_| {
        spawn_local(async move {
            let Some(sha256) = sha256.get_untracked() else { return };
            let copied = clipboard::copy(&sha256).await;
            toasts.show(if copied { t().sha256_copied().to_owned() } else { t().sha256_is(&sha256) });
        });
    };
    let look = move |_| {
        wanted.set(None);
        preview.open(id);
    };
    let remove = move |_| {
        wanted.set(None);
        removing::remove(live, uploads, removals, toasts, &[id]);
    };
    view! {
        <div class="file-details-facts">
            <p class="quiet" translate="no">{move || if is_folder { Some(t().empty_folder().to_owned()) } else { size() }}</p>
            <Shown when=move || complete.get() && !is_folder>
                <p class="file-digest">
                    <code translate="no">{move || sha256.get()}</code>
                    <button class="text-button" type="button" disabled=move || sha256.with(Option::is_none) on:click=copy>{t().copy_sha256()}</button>
                </p>
            </Shown>
            <Shown when=move || owner && !is_folder && any_guest.get()>
                <h3 class="label">{t().who_has_it()}</h3>
                <Receipts id />
            </Shown>
            <div class="file-details-actions">
                <Shown when=shown>
                    <button class="button" type="button" data-look="outlined" on:click=look>{t().preview()}</button>
                </Shown>
                {(!is_folder).then(|| view! {
                    <a class="button" data-look="outlined" href=wire::file(&live.pin(), id) download="" rel="external">{t().download()}</a>
                })}
                {owner.then(|| view! {
                    <button class="button" type="button" data-look="outlined" on:click=remove>
                        {move || if sends.get() { t().cancel() } else { t().remove() }}
                    </button>
                })}
            </div>
        </div>
    }
    .into_any()
}
