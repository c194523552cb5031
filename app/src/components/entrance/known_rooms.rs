//! The rooms in which this browser has a seat, with links back into them.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{
        api,
        system::{clock, hydration::use_hydration},
    },
    format,
    i18n::t,
    room::Role,
    wire::{self, KnownRoom},
};

/// The rooms in which this browser has a seat, shared by the components of the first page. The list is empty until the
/// server has answered.
#[derive(Clone, Copy, Debug)]
pub struct KnownRooms(RwSignal<Vec<KnownRoom>>);

impl KnownRooms {
    /// Shares the rooms through the context and asks the server for them once the page is hydrated. If that fails, the
    /// list stays empty, because the rest of the page does not need it.
    pub fn provide() {
        let rooms = RwSignal::new(Vec::new());
        provide_context(Self(rooms));
        let hydration = use_hydration();
        Effect::new(move |_| {
            if hydration.is_over() {
                spawn_local(async move {
                    if let Ok(known) = api::known_rooms().await {
                        rooms.try_set(known);
                    }
                });
            }
        });
    }

    /// All rooms.
    #[must_use]
    pub fn all(self) -> Vec<KnownRoom> {
        self.0.get()
    }

    /// The rooms that this browser owns. It may add files only to these.
    #[must_use]
    pub fn owned(self) -> Vec<KnownRoom> {
        self.0.get().into_iter().filter(|room| room.role == Role::Owner).collect()
    }
}

/// The rooms in which this browser has a seat.
///
/// # Panics
/// When it is called outside the first page, which is a mistake in the calling component.
#[must_use]
pub fn use_known_rooms() -> KnownRooms {
    use_context().expect("the first page provides the known rooms")
}

/// A link to each room. Draws nothing if there are no rooms.
#[component]
pub fn KnownRoomList() -> impl IntoView {
    let rooms = use_known_rooms();
    (move || {
        let rooms = rooms.all();
        (!rooms.is_empty()).then(|| {
            view! {
                <nav class="known-rooms" aria-labelledby="known-rooms-heading">
                    <h2 class="label" id="known-rooms-heading">{t().your_rooms()}</h2>
                    <ul>{rooms.into_iter().map(link).collect_view()}</ul>
                </nav>
            }
        })
    })
    .into_any()
}

/// A link to a room with what helps to tell it from the others: how many files are in it, and when it was opened.
fn link(KnownRoom { pin, role, files, opened_at_ms }: KnownRoom) -> AnyView {
    let badge = (role == Role::Owner).then(|| view! { <span class="badge">{t().badge_owner()}</span> });
    let facts = [t().files_in_room(files), t().opened_at(&clock::moment(opened_at_ms))].join(" · ");
    view! {
        <li>
            <a class="button" data-look="outlined" href=wire::room_page(&pin) rel="external">{format::pin(pin.as_str())}{badge}</a>
            <span class="quiet">{facts}</span>
        </li>
    }
    .into_any()
}
