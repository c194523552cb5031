//! Saving a picture or a film where a phone keeps its own, by the system's share sheet.

use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use web_sys::File;

use crate::components::elements::shown::Shown;
use crate::{
    browser::{
        files::{preview::PreviewedFile, saving},
        room::live_room::use_live_room,
        system::toasts::use_toasts,
    },
    i18n::t,
};

/// The button, which only phones and tablets show that take such a file.
#[component]
pub fn SaveToPhotos(
    /// The file that is previewed.
    file: Memo<Option<PreviewedFile>>,
) -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    // The file that was fetched last. Fetching may take so long that the browser wants to be asked again.
    let fetched = StoredValue::new(None::<(PreviewedFile, SendWrapper<File>)>);
    let can_save = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(saving::can_save)));
    let save = move |_| {
        let Some(file) = file.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        let known = fetched.with_value(|fetched| fetched.as_ref().filter(|(known, _)| *known == file).map(|(_, bytes)| bytes.clone()));
        busy.set(true);
        spawn_local(async move {
            let bytes = match known {
                Some(bytes) => Some(bytes.take()),
                None => saving::fetch(&live.pin(), &file).await,
            };
            match bytes {
                Some(bytes) => {
                    if !saving::save(&bytes).await {
                        toasts.show(t().save_again());
                    }
                    fetched.try_set_value(Some((file, SendWrapper::new(bytes))));
                }
                None => toasts.show(t().problem_unreachable()),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Shown when=move || can_save.get()>
            <button class="button touch-only" type="button" data-look="outlined" aria-busy=move || busy.get().to_string() on:click=save>
                {t().save_to_photos()}
            </button>
        </Shown>
    }
    .into_any()
}
