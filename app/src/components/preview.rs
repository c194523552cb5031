//! Looking at a file where one is, in a window of its own.

use gloo_events::EventListener;
use leptos::{
    html::{Dialog, Div},
    prelude::*,
};

use crate::{
    browser::{
        live_room::{Topic, use_live_room},
        preview::{LookedAt, show},
    },
    i18n::t,
    room::FileId,
    wire,
};

/// Which file somebody wants to look at; shared by the rows of a room, because one window is enough for all.
#[derive(Clone, Copy, Debug)]
pub struct Preview(RwSignal<Option<FileId>>);

impl Preview {
    /// None yet; shared through the context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Opens the window.
    pub fn open(self, id: FileId) {
        self.0.set(Some(id));
    }
}

/// The preview of this page.
///
/// # Panics
/// Outside a room page, which is a mistake in the component.
#[must_use]
pub fn use_preview() -> Preview {
    use_context().expect("a component of the room page is inside one")
}

/// The window: closed until a row opens it.
#[component]
pub fn PreviewWindow() -> impl IntoView {
    let live = use_live_room();
    let Preview(wanted) = use_preview();
    let dialog = NodeRef::<Dialog>::new();
    let place = NodeRef::<Div>::new();
    let note = RwSignal::new(String::new());
    // None as soon as it is removed. Does not change with what else happens to it: a film would begin again.
    let file = Memo::new(move |_| wanted.get().and_then(|id| live.read(Topic::File(id), |room| room.file(id).and_then(LookedAt::of))));
    Effect::new(move |_: Option<Option<EventListener>>| {
        let (dialog, place) = (dialog.get()?, place.get()?);
        // Asked for again, the same file may have been put away a moment before.
        wanted.track();
        // Takes the sound away with the film.
        place.set_text_content(None);
        note.set(String::new());
        let Some(file) = file.get() else {
            dialog.close();
            return None;
        };
        // Fails only for a dialog that is open already.
        drop(dialog.show_modal());
        show(&place, &live.pin(), &file, note)
    });
    // The browser tells of the end a moment later: somebody may have opened it again by then.
    let put_away = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            wanted.set(None);
        }
    };
    view! {
        <dialog class="preview" node_ref=dialog aria-labelledby="preview-name" on:close=put_away>
            <header class="preview-head">
                <h2 id="preview-name"><bdi>{move || file.get().map(|file| file.name)}</bdi></h2>
                <button class="button" type="button" data-look="outlined" on:click=move |_| wanted.set(None)>{t().close()}</button>
            </header>
            <div class="preview-place" node_ref=place></div>
            <footer class="preview-foot">
                <p class="quiet" role="status">{move || note.get()}</p>
                {move || file.get().map(|file| view! {
                    <a class="button" href=wire::file(&live.pin(), file.id) download="" rel="external">{t().download()}</a>
                })}
            </footer>
        </dialog>
    }
    .into_any()
}
