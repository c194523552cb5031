//! Content that came from outside the page: another app shared it, or the system opened it with this app.

use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::known_rooms::use_known_rooms;
use crate::{
    browser::{
        files::picked_file::PickedFile,
        installed_app::{LaunchAction, take_share, use_installed_app},
        room::activity::HandedOver,
    },
    format,
    i18n::t,
    room::Pin,
    wire::KnownRoom,
};

/// Says how many files came, or that a text came, and offers to add the content to a room that this browser owns, to
/// create a room for it, or to discard it. If shared content was announced but is missing, it says so. Otherwise it
/// draws nothing.
#[component]
pub fn SharedContent(
    /// Creates a room with the content. The content is kept here until the page is left, so that a failed creation can
    /// be repeated.
    create: Callback<HandedOver>,
    /// Adds the content to an existing room.
    add: Callback<(Pin, HandedOver)>,
    /// Set to `true` while content is shown here. The page hides its own button for a new room then, because that
    /// button would leave the content behind.
    waits: RwSignal<bool>,
) -> impl IntoView {
    let installed = use_installed_app();
    let files = RwSignal::new(Vec::<SendWrapper<PickedFile>>::new());
    let lost = RwSignal::new(false);
    let text = RwSignal::new(None::<String>);
    let count = Memo::new(move |_| files.with(Vec::len));
    let any = Memo::new(move |_| count.get() > 0 || text.with(Option::is_some));

    // The page may have been left before the files are read, so the signal may be gone.
    let show = move |more: Vec<PickedFile>| {
        files.try_update(|files| files.extend(more.into_iter().map(SendWrapper::new)));
    };
    Effect::new(move |_| show(installed.take_opened()));
    Effect::new(move |_| {
        if installed.launch_action() == Some(LaunchAction::Shared) {
            installed.launch_action_is_done();
            spawn_local(async move {
                match take_share().await {
                    Some(shared) => {
                        text.try_set(shared.text);
                        show(shared.files);
                    }
                    None => {
                        lost.try_set(true);
                    }
                }
            });
        }
    });
    Effect::new(move |_| waits.set(any.get()));

    let handed = move || {
        let files = files.get_untracked().into_iter().map(SendWrapper::take).collect();
        HandedOver { files, text: text.get_untracked() }
    };
    let rooms = use_known_rooms();
    let button = move |KnownRoom { pin, .. }| {
        let words = t().add_to_room(&format::pin(pin.as_str()));
        let to_room = move |_| add.run((pin.clone(), handed()));
        view! { <button class="button" type="button" data-look="outlined" on:click=to_room>{words}</button> }.into_any()
    };
    let buttons = move || rooms.owned().into_iter().map(button).collect_view();
    let discard = move |_| {
        files.set(Vec::new());
        text.set(None);
    };
    let words = move || if count.get() == 0 { t().shared_text().to_owned() } else { t().shared_files(count.get()) };
    view! {
        <Show when=move || any.get()>
            <section class="shared" aria-label=t().shared_with_snapdrop()>
                <p class="shared-count" role="status">{words}</p>
                <p class="quiet">{t().shared_explained()}</p>
                <div class="shared-actions">
                    {buttons}
                    <button class="button" type="button" on:click=move |_| create.run(handed())>{t().create_room()}</button>
                    <button class="button" type="button" data-look="quiet" on:click=discard>{t().discard()}</button>
                </div>
            </section>
        </Show>
        <Show when=move || lost.get()>
            <p class="problem" role="alert">{t().shared_lost()}</p>
        </Show>
    }
    .into_any()
}
