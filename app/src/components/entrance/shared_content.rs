//! Content that came from outside the page: another app shared it, or the system opened it with this app.

use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::known_rooms::use_known_rooms;
use crate::components::elements::shown::Shown;
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

/// How many names of files are shown. A person who shares more sees from these whether they are the right ones.
const NAMES_SHOWN: usize = 8;
/// How many characters of a text are shown.
const CHARS_SHOWN: usize = 300;
/// How long what came is kept while nobody does anything with it. Any page on the web can send something here, and whoever
/// creates a room later must not hand it out unawares. A share that no page took by then is not shown any more (`share.rs`).
const KEPT: Duration = Duration::from_secs(600);

/// Says how many files came, or that a text came, shows their names and its beginning, and offers to add the content to a room that this browser owns, to
/// create a room for it, or to discard it. What nobody takes is discarded after some minutes. If shared content was announced but is missing, it says so. Otherwise it
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
    // Counts how often something came, so that the time of an earlier one does not end a later one.
    let round = StoredValue::new(0);
    Effect::new(move |_| {
        files.track();
        text.track();
        waits.set(any.get());
        if any.get() {
            round.update_value(|round| *round += 1);
            let this = round.get_value();
            spawn_local(async move {
                sleep(KEPT).await;
                if round.try_get_value() == Some(this) {
                    files.try_set(Vec::new());
                    text.try_set(None);
                }
            });
        }
    });

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
    let names = move || {
        let first = files.with(|files| files.iter().take(NAMES_SHOWN).map(|file| file.name()).collect::<Vec<_>>());
        let more = count.get().saturating_sub(NAMES_SHOWN);
        let more = (more > 0).then(|| view! { <li>{format!("+ {more}")}</li> });
        view! {
            <ul class="shared-names" translate="no">
                {first.into_iter().map(|name| view! { <li><bdi>{name}</bdi></li> }).collect_view()}
                {more}
            </ul>
        }
    };
    let beginning = move || text.get().map(|text| view! { <blockquote class="shared-text" dir="auto">{beginning_of(&text)}</blockquote> });
    let words = move || if count.get() == 0 { t().shared_text().to_owned() } else { t().shared_files(count.get()) };
    view! {
        <Shown when=move || any.get()>
            <section class="shared" aria-label=t().shared_with_snapdrop()>
                <p class="shared-count" role="status">{words}</p>
                {names}
                {beginning}
                <p class="quiet">{t().shared_explained()}</p>
                <div class="shared-actions">
                    {buttons}
                    <button class="button" type="button" on:click=move |_| create.run(handed())>{t().create_room()}</button>
                    <button class="button" type="button" data-look="quiet" on:click=discard>{t().discard()}</button>
                </div>
            </section>
        </Shown>
        <Shown when=move || lost.get()>
            <p class="problem" role="alert">{t().shared_lost()}</p>
        </Shown>
    }
    .into_any()
}

/// The text, or its first characters.
fn beginning_of(text: &str) -> String {
    match text.char_indices().nth(CHARS_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
