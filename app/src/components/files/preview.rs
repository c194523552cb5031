//! Looking at a file without downloading it, in a dialog on the room's page.

use gloo_events::EventListener;
use leptos::{
    html::{Dialog, Div},
    prelude::*,
};

use crate::components::elements::erase::Erase as _;
use crate::{
    browser::{
        files::preview::{PreviewedFile, show},
        room::live_room::{Topic, use_live_room},
    },
    i18n::t,
    room::FileId,
    wire,
};

/// The file that the person wants to look at, if there is one. It is shared by all rows of the room, because one dialog
/// is enough for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Preview(RwSignal<Option<FileId>>);

impl Preview {
    /// Shares a preview through the context. No file is open yet.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Opens the dialog with a file.
    pub fn open(self, id: FileId) {
        self.0.set(Some(id));
    }
}

/// The preview of this page.
///
/// # Panics
/// When it is called outside a room page, which is a mistake in the calling component.
#[must_use]
pub fn use_preview() -> Preview {
    use_context().expect("the room page provides the preview")
}

/// The dialog, which is closed until a row opens it.
#[component]
pub fn PreviewWindow() -> impl IntoView {
    let live = use_live_room();
    let Preview(wanted) = use_preview();
    let dialog = NodeRef::<Dialog>::new();
    let container = NodeRef::<Div>::new();
    let note = RwSignal::new(String::new());
    // Becomes `None` when the file is removed. `PreviewedFile` has only what the preview needs, so that no other change
    // to the file draws the preview anew: a video would start from the beginning.
    let file = Memo::new(move |_| wanted.get().and_then(|id| live.read(Topic::File(id), |room| room.file(id).and_then(PreviewedFile::of))));
    Effect::new(move |_: Option<Option<EventListener>>| {
        let (dialog, container) = (dialog.get()?, container.get()?);
        // If the dialog was closed with Escape and the same file is opened again before the `close` event, `file` does
        // not change, but the dialog has to be shown again. So `wanted` is tracked, too.
        wanted.track();
        // Removes the previous preview, which also stops its sound.
        container.set_text_content(None);
        note.set(String::new());
        let Some(file) = file.get() else {
            dialog.close();
            return None;
        };
        #[expect(clippy::let_underscore_must_use, reason = "fails only for a dialog that is open already")]
        let _ = dialog.show_modal();
        show(&container, &live.pin(), &file, note)
    });
    // The `close` event comes a moment after the dialog was closed. The person may have opened it again by then.
    let put_away = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            wanted.set(None);
        }
    };
    view! {
        <dialog class="preview" node_ref=dialog aria-labelledby="preview-name" on:close=put_away>
            <header class="preview-head">
                <h2 id="preview-name"><bdi translate="no">{move || file.get().map(|file| file.name)}</bdi></h2>
                <button class="button" type="button" data-look="outlined" on:click=move |_| wanted.set(None)>{t().done()}</button>
            </header>
            <div class="preview-place" node_ref=container></div>
            <footer class="preview-foot">
                <p class="quiet" role="status">{move || note.get()}</p>
                {move || file.get().map(|file| view! {
                    <a class="button" href=wire::file(&live.pin(), file.id) download="" rel="external">{t().download()}</a>
                })}
            </footer>
        </dialog>
    }
    .erased()
}
