//! What came from outside the page: shared by another app, or opened with this one by the system.

use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use crate::{
    browser::{
        installed_app::{Errand, take_share, use_installed_app},
        kept_files::PickedFile,
    },
    format,
};

/// How many files came, and the ways to go on with them.
#[component]
pub fn SharedContent(
    /// Opens a room with the files. They stay here until the page is left, so that it can be tried again.
    create: Callback<Vec<PickedFile>>,
    /// Set while files wait here: the page's own way to open a room would leave them behind.
    waits: RwSignal<bool>,
) -> impl IntoView {
    let installed = use_installed_app();
    let files = RwSignal::new(Vec::<SendWrapper<PickedFile>>::new());
    let lost = RwSignal::new(false);
    let count = Memo::new(move |_| files.with(Vec::len));

    // The page may be left before they are there.
    let show = move |more: Vec<PickedFile>| {
        files.try_update(|files| files.extend(more.into_iter().map(SendWrapper::new)));
    };
    Effect::new(move |_| show(installed.take_opened()));
    Effect::new(move |_| {
        if installed.errand() == Some(Errand::Shared) {
            installed.errand_is_done();
            spawn_local(async move {
                match take_share().await {
                    Some(shared) => show(shared),
                    None => {
                        lost.try_set(true);
                    }
                }
            });
        }
    });
    Effect::new(move |_| waits.set(count.get() > 0));

    let to_room = move |_| create.run(files.get_untracked().into_iter().map(SendWrapper::take).collect());
    let discard = move |_| files.set(Vec::new());
    view! {
        <Show when=move || { count.get() > 0 }>
            <section class="shared" aria-label="Shared with SnapDrop">
                <p class="shared-count" role="status">{move || format!("{} shared", format::count(count.get(), "file"))}</p>
                <p class="quiet">"Create a room to hand them out, or discard them here."</p>
                <div class="shared-actions">
                    <button class="button" type="button" on:click=to_room>"Create room"</button>
                    <button class="button" type="button" data-look="quiet" on:click=discard>"Discard"</button>
                </div>
            </section>
        </Show>
        <Show when=move || lost.get()>
            <p class="problem" role="alert">"What you shared did not arrive. Create a room and add the files there."</p>
        </Show>
    }
    .into_any()
}
