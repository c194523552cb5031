//! Looking at a file without downloading it, in a dialog on the room's page.

use gloo_events::EventListener;
use leptos::{
    html::{Dialog, Div},
    prelude::*,
};
use wasm_bindgen::JsCast as _;

use super::{
    listing::{Listing, folders},
    save_to_photos::SaveToPhotos,
};
use crate::{
    browser::{
        files::preview::{PreviewedFile, show},
        room::{
            live_room::{Topic, use_live_room},
            removals::use_removals,
        },
    },
    components::elements::modal::Modal,
    i18n::t,
    room::FileId,
    wire,
};

/// How far, in pixels, a finger moves sideways to bring the next file.
const SWIPE: i32 = 48;

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

/// The dialog, which is closed until a row opens it. Buttons, arrow keys and swipes lead to the other files of the room that
/// can be shown, in the order of the list.
#[component]
pub fn PreviewWindow() -> impl IntoView {
    let live = use_live_room();
    let (removals, listing) = (use_removals(), expect_context::<Listing>());
    let Preview(wanted) = use_preview();
    let dialog = NodeRef::<Dialog>::new();
    let modal = Modal::new(dialog);
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
        modal.show();
        show(&container, &live.pin(), &file, note)
    });
    // The `close` event comes a moment after the dialog was closed. The person may have opened it again by then.
    let put_away = move |_| {
        modal.closed();
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            wanted.set(None);
        }
    };
    // The files that are shown before and after this one.
    let neighbours = Memo::new(move |_| {
        let Some(current) = wanted.get() else { return [None, None] };
        let (order, sought) = (listing.order.get(), listing.sought.get());
        let shown = live.read(Topic::Files, |room| {
            let is_shown = |id: &FileId| room.file(*id).is_some_and(|file| file.preview().is_some());
            let listed = folders(room, |id| !removals.has(id), order, &sought);
            listed.into_iter().flat_map(|folder| folder.ids).filter(is_shown).collect::<Vec<_>>()
        });
        let Some(at) = shown.iter().position(|id| *id == current) else { return [None, None] };
        [at.checked_sub(1).and_then(|before| shown.get(before)).copied(), shown.get(at + 1).copied()]
    });
    let go = move |forwards: bool| {
        if let Some(id) = neighbours.get_untracked()[usize::from(forwards)] {
            wanted.set(Some(id));
        }
    };
    // What is on the right comes next, except where one reads from right to left.
    let go_right = move |is_right: bool| go(is_right != t().spoken().is_right_to_left());
    let keyed = move |event: web_sys::KeyboardEvent| {
        let is_right = match event.key().as_str() {
            "ArrowRight" => true,
            "ArrowLeft" => false,
            _ => return,
        };
        if !(is_on_player(&event) || event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            go_right(is_right);
        }
    };
    // Where a finger began to move.
    let began = StoredValue::new(None::<(i32, i32)>);
    let touched = move |event: web_sys::PointerEvent| {
        let is_swipe = event.pointer_type() == "touch" && event.is_primary() && !is_on_player(&event);
        began.set_value(is_swipe.then(|| (event.client_x(), event.client_y())));
    };
    let let_go = move |event: web_sys::PointerEvent| {
        if let Some((x, y)) = began.try_update_value(Option::take).flatten() {
            let (right, down) = (event.client_x() - x, event.client_y() - y);
            if right.abs() >= SWIPE && right.abs() > 2 * down.abs() {
                // A finger that moves to the left brings what is on the right.
                go_right(right < 0);
            }
        }
    };
    let step = move |forwards: bool, sign: &'static str, name: &'static str| {
        let is_missing = move || neighbours.get()[usize::from(forwards)].is_none();
        view! {
            <button
                class="button"
                type="button"
                data-look="outlined"
                aria-label=name
                aria-disabled=move || is_missing().to_string()
                on:click=move |_| go(forwards)
            >
                {sign}
            </button>
        }
        .into_any()
    };
    view! {
        <dialog class="preview" node_ref=dialog aria-labelledby="preview-name" on:close=put_away on:keydown=keyed>
            <header class="preview-head">
                <h2 id="preview-name" aria-live="polite"><bdi translate="no">{move || file.get().map(|file| file.name)}</bdi></h2>
                <button class="button" type="button" data-look="outlined" on:click=move |_| wanted.set(None)>{t().done()}</button>
            </header>
            <div
                class="preview-place"
                node_ref=container
                on:pointerdown=touched
                on:pointerup=let_go
                on:pointercancel=move |_| began.set_value(None)
            ></div>
            <footer class="preview-foot">
                <p class="quiet" role="status">{move || note.get()}</p>
                <div class="preview-steps" hidden=move || neighbours.get() == [None, None]>
                    {step(false, "‹", t().previous_file())}
                    {step(true, "›", t().next_file())}
                </div>
                <SaveToPhotos file />
                {move || file.get().map(|file| view! {
                    <a class="button" href=wire::file(&live.pin(), file.id) download="" rel="external">{t().download()}</a>
                })}
            </footer>
        </dialog>
    }
    .into_any()
}

/// Whether an event concerns a film or a sound, whose controls need arrow keys and fingers themselves.
fn is_on_player(event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "VIDEO" | "AUDIO"))
}
