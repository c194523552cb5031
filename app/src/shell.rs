//! The program around the pages, and what the server knows when it paints one.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
use serde::{Deserialize, Serialize};

use crate::{
    browser::{toasts::Toasts, uploader::Uploads},
    components::toast_list::ToastList,
    pages::{home::HomePage, join::JoinPage, not_found::NotFoundPage, room::RoomPage},
    room::Pin,
    wire::{ProblemCode, RoomView},
};

/// What the server put into the page, so that nothing has to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPaint {
    /// Which page, with its content.
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
}

/// A page with what is on it.
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
        /// The PIN to fill in.
        pin: Pin,
        /// Why there is no way in.
        problem: Option<ProblemCode>,
    },
    /// Nothing is there.
    NotFound,
}

/// The program in the browser, and the body of every page on the server.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // On the server the context is given; in the browser the value comes out of the page.
    let first = SharedValue::new(use_context::<FirstPaint>).into_inner();
    provide_context(first.as_ref().map(|first| first.server.clone()).unwrap_or_default());
    provide_context(StoredValue::new(first.map(|first| first.page)));
    let toasts = Toasts::provide();
    Uploads::provide(toasts);

    view! {
        <Title text="SnapDrop" />
        <ToastList />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage />
                <Route path=path!("/r/:pin") view=RoomPage />
                <Route path=path!("/join/:pin") view=JoinPage />
            </Routes>
        </Router>
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
