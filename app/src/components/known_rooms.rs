//! The way back into rooms in which this browser has a seat.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{api, hydration::use_hydration},
    format,
    i18n::t,
    room::Role,
    wire::{self, KnownRoom},
};

/// The rooms, shared by the components of the first page. None until the server has told.
#[derive(Clone, Copy, Debug)]
pub struct KnownRooms(RwSignal<Vec<KnownRoom>>);

impl KnownRooms {
    /// Asks for them; shared through the context. A page that does not hear of them is none the worse.
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

    /// All of them.
    #[must_use]
    pub fn all(self) -> Vec<KnownRoom> {
        self.0.get()
    }

    /// Those to which this browser may add.
    #[must_use]
    pub fn owned(self) -> Vec<KnownRoom> {
        self.0.get().into_iter().filter(|room| room.role == Role::Owner).collect()
    }
}

/// The rooms of this page's browser.
///
/// # Panics
/// Outside the first page, which is a mistake in the component.
#[must_use]
pub fn use_known_rooms() -> KnownRooms {
    use_context().expect("a component of the first page is inside it")
}

/// A link for each. Nothing where there are none.
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

fn link(KnownRoom { pin, role }: KnownRoom) -> AnyView {
    let badge = (role == Role::Owner).then(|| view! { <span class="badge">{t().badge_owner()}</span> });
    view! {
        <li>
            <a class="button" data-look="outlined" href=wire::room_page(&pin) rel="external">{format::pin(pin.as_str())}{badge}</a>
        </li>
    }
    .into_any()
}
