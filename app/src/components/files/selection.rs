//! Several files that a person selects, to download them as one archive or to remove them together.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlInputElement;

use super::{listing::Listing, removing};
use crate::{
    browser::{
        files::uploader::use_uploads,
        room::{live_room::use_live_room, removals::use_removals},
        system::{page, toasts::use_toasts},
    },
    components::elements::shown::Shown,
    i18n::t,
    room::FileId,
    wire,
};

/// The id of the form to which the boxes of the rows belong. The browser sends those that are ticked, so that no part of
/// the program has to follow the boxes of a thousand rows, and files can be selected without scripts, too.
pub(super) const FORM: &str = "selected-files";

/// The bar that says how many files are selected, with what can be done with them. Where scripts run, it is shown while
/// files are being selected.
#[component]
pub fn Selection() -> impl IntoView {
    let live = use_live_room();
    let (uploads, removals, toasts) = (use_uploads(), use_removals(), use_toasts());
    let listing: Listing = expect_context();
    let count = listing.selected;
    let tick = move |all: bool| {
        boxes("").iter().for_each(|tick| tick.set_checked(all));
        listing.count_selected();
    };
    let end = move || {
        tick(false);
        listing.selecting.set(false);
    };
    let remove = move |_| {
        let ids: Vec<FileId> = boxes(":checked").iter().filter_map(|tick| tick.value().parse().ok()).collect();
        end();
        removing::remove(live, uploads, removals, toasts, &ids);
    };
    view! {
        <form id=FORM class="selection" method="post" action=wire::archive(&live.pin())>
            <span class="selected script-only" aria-live="polite">{move || t().selected(count.get())}</span>
            <button class="button" type="submit" data-look="outlined" disabled=move || listing.selecting.get() && count.get() == 0>{t().download()}</button>
            <Shown when=move || live.is_owner()>
                <button class="button script-only" type="button" data-look="quiet" disabled=move || count.get() == 0 on:click=remove>{t().remove()}</button>
            </Shown>
            <button class="button script-only" type="button" data-look="quiet" on:click=move |_| tick(true)>{t().select_all()}</button>
            <button class="button script-only" type="button" data-look="quiet" on:click=move |_| end()>{t().done()}</button>
        </form>
    }
    .into_any()
}

impl Listing {
    /// Counts anew how many of the listed files are selected.
    pub(super) fn count_selected(self) {
        self.selected.set(boxes(":checked").len());
    }
}

/// The boxes of the rows that are listed; `state` is a CSS pseudo-class that they have to match.
fn boxes(state: &str) -> Vec<HtmlInputElement> {
    let found = page::document().query_selector_all(&format!("input[form={FORM}]{state}"));
    found.map(|boxes| (0..boxes.length()).filter_map(|index| boxes.get(index)?.dyn_into().ok()).collect()).unwrap_or_default()
}
