//! The program around the pages, and what the server knows when it paints one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    browser::{
        activity::Activity,
        hydration::Hydration,
        installed_app::InstalledApp,
        language::LanguageChoice,
        page,
        places::{self, Places},
        theme::{Theme, ThemeChoice},
        toasts::Toasts,
    },
    components::{hydrated_later::HydratedLater, masthead::Masthead, toast_list::ToastList, update_notice::UpdateNotice},
    format,
    i18n::{Language, t},
    pages::{home::HomePage, join::JoinPage, lazy_room::LazyRoom, not_found::NotFoundPage},
    wire::{Place, ProblemCode},
};

/// What the server put into the page, so that nothing has to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPaint {
    /// Where it is.
    pub place: Place,
    /// What is on it.
    pub page: Page,
    /// What every page may say of the server.
    pub server: Server,
}

/// What every page may say of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Scheme, host and port under which others reach it.
    pub origin: String,
    /// Digits of the PINs that it gives out.
    pub pin_digits: usize,
    /// How long it keeps a room that nobody uses, in seconds.
    pub room_ttl_secs: u64,
    /// The colours that the visitor chose.
    pub theme: Theme,
    /// The language of the page.
    pub language: Language,
}

/// What is on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// Create or join.
    Home {
        /// Why the last try did not work.
        problem: Option<ProblemCode>,
    },
    /// The room, for a member of it: a [`crate::wire::RoomView`] as JSON, because only the room's own program can read it.
    Room(String),
    /// The way into a room.
    Join {
        /// Why there is no way in.
        problem: Option<ProblemCode>,
    },
    /// Nothing is there.
    NotFound,
}

/// The program in the browser, and the body of every page on the server.
#[component]
pub fn App() -> impl IntoView {
    // On the server the context is given; in the browser the value comes out of the page.
    let first = SharedValue::new(use_context::<FirstPaint>).into_inner();
    provide_context(first.as_ref().map(|first| first.server.clone()).unwrap_or_default());
    let place = first.as_ref().map_or_else(places::here, |first| first.place.clone());
    provide_context(StoredValue::new(first.map(|first| first.page)));
    let language = LanguageChoice::provide(use_server().language);
    Toasts::provide();
    let hydration = Hydration::provide();
    let activity = Activity::provide();
    let places = Places::provide(place);
    InstalledApp::provide(places, hydration);
    ThemeChoice::provide(use_server().theme);
    Effect::new(move |_| {
        language.follow();
        page::set_title(&format!("{}{}", activity.news.get(), title(&places.get())));
    });
    // What the room's program begins goes on while another page is shown.
    let owner = Owner::current();

    // Another language is another text everywhere. A room follows it by itself, because it goes on being followed.
    let page = move || {
        let place = places.get();
        if !matches!(place, Place::Room(_)) {
            language.follow();
        }
        match place {
            Place::Home => view! { <HydratedLater><HomePage /></HydratedLater> }.into_any(),
            Place::Room(pin) => {
                let owner = owner.clone();
                view! { <HydratedLater><LazyRoom pin owner /></HydratedLater> }.into_any()
            }
            Place::Join(pin) => view! { <HydratedLater><JoinPage pin /></HydratedLater> }.into_any(),
            Place::Nowhere => view! { <HydratedLater><NotFoundPage /></HydratedLater> }.into_any(),
        }
    };
    let top = move || {
        language.follow();
        view! {
            <ToastList />
            <UpdateNotice />
            <Masthead />
        }
        .into_any()
    };
    view! {
        {top}
        {page}
    }
}

/// What the window of a page is called.
pub(crate) fn title(place: &Place) -> String {
    match place {
        Place::Home => "SnapDrop".to_owned(),
        Place::Room(pin) => t().title(&format::pin(pin.as_str())),
        Place::Join(_) => t().title(t().title_join()),
        Place::Nowhere => t().title(t().title_nothing()),
    }
}

/// The server behind this page.
pub(crate) fn use_server() -> Server {
    use_context().unwrap_or_default()
}

/// The page that the server painted, given once: to the page that it was painted for.
pub(crate) fn first_paint() -> Option<Page> {
    use_context::<StoredValue<Option<Page>>>()?.try_update_value(Option::take).flatten()
}
