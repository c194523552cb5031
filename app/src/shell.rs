//! The root component: what every page has in common, and which page is shown at which address.

use leptos::prelude::*;

use crate::{
    browser::{
        files::picking,
        installed_app::InstalledApp,
        room::activity::Activity,
        system::{
            hydration::Hydration,
            language::LanguageChoice,
            page,
            places::{self, Places},
            theme::ThemeChoice,
            toasts::Toasts,
        },
    },
    components::{
        chrome::{masthead::Masthead, toast_list::ToastList, update_notice::UpdateNotice},
        elements::hydrated_later::HydratedLater,
    },
    first_paint::{FirstPaint, use_server},
    format,
    i18n::t,
    pages::{home::HomePage, join::JoinPage, lazy_room::LazyRoom, not_found::NotFoundPage},
    wire::Place,
};

/// The whole program in the browser, and the body of every document on the server.
#[component]
pub fn App() -> impl IntoView {
    // On the server the value is in the context; in the browser it is read from the page, where the server embedded it.
    let first = SharedValue::new(use_context::<FirstPaint>).into_inner();
    provide_context(first.as_ref().map(|first| first.server.clone()).unwrap_or_default());
    let place = first.as_ref().map_or_else(places::here, |first| first.place.clone());
    provide_context(StoredValue::new(first.map(|first| first.page)));
    Toasts::provide();
    let hydration = Hydration::provide(picking::repeat_missed_picks);
    let language = LanguageChoice::provide(use_server().language, hydration);
    let activity = Activity::provide();
    let places = Places::provide(place);
    InstalledApp::provide(places, hydration);
    ThemeChoice::provide(use_server().theme);
    Effect::new(move |_| {
        language.track();
        page::set_title(&(activity.title_prefix.get() + &title(&places.get())));
    });
    // The room's part of the program creates its uploads under this owner, so that they continue while another page is
    // shown.
    let owner = Owner::current();

    // A change of the language changes every text, so the page is drawn again. The page of a room does that itself, so
    // that its live connection is not interrupted.
    let page = move || {
        let place = places.get();
        if !matches!(place, Place::Room(_)) {
            language.track();
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
        language.track();
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

/// The title of the window at a place.
pub(crate) fn title(place: &Place) -> String {
    match place {
        Place::Home => "SnapDrop".to_owned(),
        Place::Room(pin) => t().title(&format::pin(pin.as_str())),
        Place::Join(_) => t().title(t().title_join()),
        Place::Nowhere => t().title(t().title_nothing()),
    }
}
