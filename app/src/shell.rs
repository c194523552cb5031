//! The program around the pages, and what the server knows when it paints one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    browser::{
        installed_app::InstalledApp,
        leaving,
        notices::Notices,
        page_badge,
        places::{self, Places},
        theme::{Theme, ThemeChoice},
        toasts::Toasts,
        uploader::{Uploads, use_uploads},
        wake_lock,
    },
    components::{toast_list::ToastList, update_notice::UpdateNotice},
    format,
    pages::{home::HomePage, join::JoinPage, not_found::NotFoundPage, room::RoomPage},
    wire::{Place, ProblemCode, RoomView},
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
}

/// What is on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// Create or join.
    Home {
        /// Why the last try did not work.
        problem: Option<ProblemCode>,
    },
    /// The room, for a member of it.
    Room(RoomView),
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
    let toasts = Toasts::provide();
    Uploads::provide(toasts);
    let places = Places::provide(place);
    InstalledApp::provide(places);
    ThemeChoice::provide(use_server().theme);
    let uploads = use_uploads();
    let total = Memo::new(move |_| uploads.total());
    let notices = Notices::provide(total);
    page_badge::follow(total, notices, move || title(&places.get()));
    wake_lock::follow(total);
    leaving::follow(total);

    view! {
        <ToastList />
        <UpdateNotice />
        {move || match places.get() {
            Place::Home => view! { <HomePage /> }.into_any(),
            Place::Room(pin) => view! { <RoomPage pin /> }.into_any(),
            Place::Join(pin) => view! { <JoinPage pin /> }.into_any(),
            Place::Nowhere => view! { <NotFoundPage /> }.into_any(),
        }}
    }
}

/// What the window of a page is called.
pub(crate) fn title(place: &Place) -> String {
    match place {
        Place::Home => "SnapDrop".to_owned(),
        Place::Room(pin) => format!("{} · SnapDrop", format::pin(pin.as_str())),
        Place::Join(_) => "Join a room · SnapDrop".to_owned(),
        Place::Nowhere => "Nothing here · SnapDrop".to_owned(),
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
