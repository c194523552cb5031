//! A button that leads to files which have just arrived outside the screen.

use gloo_events::EventListener;
use leptos::prelude::*;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::{
    browser::{
        room::{
            live_room::{Link, Topic, use_live_room},
            notices::added,
        },
        system::page,
    },
    components::elements::shown::Shown,
    i18n::t,
    room::FileId,
};

/// Says to guests how many files were added outside the screen since they looked there last. Pressing it shows them.
#[component]
pub fn NewFiles() -> impl IntoView {
    let live = use_live_room();
    let unseen = RwSignal::new(Vec::<FileId>::new());
    let is_above = RwSignal::new(false);
    let ids = Memo::new(move |_| live.read(Topic::Files, |room| room.files.iter().map(|file| file.id).collect::<Vec<_>>()));
    // Drops what is on the screen now or was removed.
    let look = move || {
        let Some(ids) = ids.try_get_untracked() else { return };
        unseen.update(|unseen| unseen.retain(|id| ids.contains(id) && place(*id).is_none_or(|place| !is_on_screen(&place))));
        let first = unseen.with_untracked(|unseen| unseen.first().copied().and_then(place));
        is_above.set(first.is_some_and(|place| place.get_bounding_client_rect().bottom() <= 0.0));
    };
    Effect::new(move |before: Option<Vec<FileId>>| {
        let now = ids.get();
        if let Some(before) = before
            && !live.is_owner()
            && live.link.get_untracked() == Link::Live
        {
            let new = added(&before, &now);
            if !new.is_empty() {
                unseen.update(|unseen| unseen.extend(new));
                request_animation_frame(look);
            }
        }
        now
    });
    let any = Memo::new(move |_| !unseen.with(Vec::is_empty));
    // Listens only while there is something that may come onto the screen.
    Effect::new(move |_: Option<Option<EventListener>>| any.get().then(|| EventListener::new(&page::window(), "scroll", move |_| look())));
    let show = move |_| {
        let Some(place) = unseen.with_untracked(|unseen| unseen.first().copied().and_then(place)) else { return };
        let middle = ScrollIntoViewOptions::new();
        middle.set_block(ScrollLogicalPosition::Center);
        place.scroll_into_view_with_scroll_into_view_options(&middle);
        unseen.set(Vec::new());
    };
    view! {
        <Shown when=any>
            <button class="new-files" type="button" data-above=move || is_above.get().to_string() on:click=show>
                {move || t().new_files(unseen.with(Vec::len))}
            </button>
        </Shown>
    }
    .into_any()
}

/// Where a file is seen: its row, or the name of the folder that hides it. `None` while it is not listed.
fn place(id: FileId) -> Option<Element> {
    let row = page::document().get_element_by_id(&format!("name-{id}"))?;
    Some(row.closest("details:not([open])").ok().flatten().unwrap_or(row))
}

fn is_on_screen(element: &Element) -> bool {
    let place = element.get_bounding_client_rect();
    let height = page::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(f64::INFINITY);
    place.bottom() > 0.0 && place.top() < height
}
