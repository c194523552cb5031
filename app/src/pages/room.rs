//! `/r/{pin}`: shows the room to its members, and the join form to everybody else.

use leptos::{prelude::*, task::spawn_local};

use super::{
    join::WayIn,
    lazy_part::{LazyPart, Part},
};
use crate::browser::system::clock;
use crate::{
    browser::{
        api,
        files::{kept_files, uploader::use_uploads},
        room::{
            activity::{HandedOver, use_activity},
            live_room::{Ended, LiveRoom, Topic},
            removals::Removals,
            socket,
        },
        system::{hydration::use_hydration, language::use_language_choice, places::use_places, toasts::use_toasts},
    },
    components::{
        elements::hydrated_later::HydratedLater,
        files::{
            already_here::Doubles, download_all::DownloadAll, drop_zone::DropZone, file_details::FileDetails, file_list::FileList,
            listing::Listing, preview::Preview, upload_form::UploadForm,
        },
        people::member_list::MemberList,
        room::{
            board::Board,
            close_room::{CloseRoom, Closing},
            closed_room::ClosedRoom,
            leave_room::LeaveRoom,
            link_status::LinkStatus,
            qr::Qr,
            snippet_list::SnippetList,
        },
    },
    first_paint::{Page, first_paint},
    i18n::t,
    room::{Closed, ClosedBy, Pin},
    wire::{Place, ProblemCode, RoomView},
};

/// Whether this browser is a member of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// The server has not answered yet.
    Unknown,
    /// This browser has a seat. The view is the room as the server sent it.
    Member(Box<RoomView>),
    /// The room was closed, at this moment if that is known.
    Closed(Option<u64>),
    /// This browser has no seat. With a problem code, joining or loading the room failed for that reason.
    Outside(Option<ProblemCode>),
}

/// The page of the room whose PIN is in the address.
#[component]
pub fn RoomPage(
    /// The room's PIN.
    pin: Pin,
) -> impl IntoView {
    let standing = RwSignal::new(match first_paint() {
        Some(Page::Room(json)) => serde_json::from_str(&json).map_or(Standing::Unknown, |view| Standing::Member(Box::new(view))),
        Some(Page::Join { problem }) => Standing::Outside(problem),
        Some(Page::Closed { at_ms }) => Standing::Closed(at_ms),
        _ => Standing::Unknown,
    });
    let asked = pin.clone();
    let activity = use_activity();
    Effect::new(move |_| {
        if standing.get() == Standing::Unknown {
            let pin = asked.clone();
            spawn_local(async move {
                let fetched = api::fetch_room(&pin).await;
                let just_taken = activity.take_unproved(&pin);
                standing.set(match fetched {
                    Ok(view) => Standing::Member(Box::new(view)),
                    Err(problem) if problem.code == ProblemCode::NotAMember => match just_taken {
                        Some(seat) => {
                            #[expect(clippy::let_underscore_must_use, reason = "a seat that nobody uses is given up after a while")]
                            let _ = api::give_back(&seat).await;
                            Standing::Outside(Some(ProblemCode::CookiesBlocked))
                        }
                        None => Standing::Outside(None),
                    },
                    Err(problem) if problem.code == ProblemCode::RoomClosed => Standing::Closed(problem.closed_at_ms),
                    Err(problem) => Standing::Outside(Some(problem.code)),
                });
            });
        }
    });
    let places = use_places();
    let own = pin.clone();
    // Whoever had the wrong PIN in the address has corrected it in the form, and belongs on another page.
    let joined = Callback::new(move |joined: Pin| {
        if joined == own {
            standing.set(Standing::Unknown);
        } else {
            places.go(Place::Room(joined));
        }
    });
    let lost_seat = Callback::new(move |()| standing.set(Standing::Outside(None)));
    let language = use_language_choice();
    (move || match standing.get() {
        Standing::Unknown => view! { <Opening /> }.into_any(),
        Standing::Member(view) => view! { <RoomOfMember view=*view lost_seat /> }.into_any(),
        Standing::Closed(closed_at_ms) => {
            language.track();
            view! { <ClosedRoom digits=pin.as_str().len() closed_at_ms words=t().closed_erased() /> }.into_any()
        }
        Standing::Outside(problem) => {
            language.track();
            view! { <WayIn pin=pin.clone() problem on_joined=joined /> }.into_any()
        }
    })
    .into_any()
}

/// Says that the room is being opened, until it is loaded.
#[component]
pub(super) fn Opening() -> impl IntoView {
    view! {
        <main class="notice" aria-busy="true">
            <p>{t().opening_room()}</p>
        </main>
    }
    .into_any()
}

/// The room for one of its members, kept up to date over the live socket. `lost_seat` is called when the server says
/// that this browser has no seat any more.
#[component]
fn RoomOfMember(view: RoomView, lost_seat: Callback<()>) -> impl IntoView {
    let live = LiveRoom::new(view);
    provide_context(live);
    let toasts = use_toasts();
    Removals::provide(live.pin(), toasts);
    Preview::provide();
    FileDetails::provide();
    Listing::provide();
    Doubles::provide();
    Closing::provide();
    Qr::provide();
    let (activity, uploads, hydration) = (use_activity(), use_uploads(), use_hydration());
    Effect::new(move |_| {
        if !hydration.is_over() {
            return;
        }
        let HandedOver { files, text } = activity.take_over(&live.pin());
        uploads.add(live.pin(), files, Vec::new());
        if let Some(text) = text {
            spawn_local(async move {
                if let Err(problem) = api::add_snippet(&live.pin(), text).await {
                    toasts.show(problem.detail);
                }
            });
        }
    });
    Effect::new(move |_| {
        if hydration.is_over() {
            socket::follow(live, toasts);
        }
    });
    Effect::new(move |_| {
        if live.ended.get() == Some(Ended::NoSeat) {
            lost_seat.run(());
        }
    });
    let closed = Memo::new(move |_| live.read(Topic::Settings, |room| room.closed));
    let over = Memo::new(move |_| closed.get().is_some() || matches!(live.ended.get(), Some(Ended::Gone { .. })));
    let closed_at_ms = move || match live.ended.get() {
        Some(Ended::Gone { closed_at_ms }) => closed_at_ms,
        _ => closed.get().map(|closed| closed.at_ms),
    };
    Effect::new(move |_| {
        if over.get() {
            kept_files::forget_room(live.pin());
        }
    });
    let language = use_language_choice();
    (move || {
        language.track();
        if over.get() {
            return view! { <ClosedRoom digits=live.pin().as_str().len() closed_at_ms=closed_at_ms() words=closed_words(closed.get()) /> }
                .into_any();
        }
        view! {
                <HydratedLater>
                    <main class="room">
                        <HydratedLater><LinkStatus /></HydratedLater>
                        <LazyPart part=Part::NoticeOffer />
                        <LazyPart part=Part::AllReceived />
                        <LazyPart part=Part::Announcer />
                        <p class="quiet without-script">
                            {t().without_script()}
                        </p>
                        <HydratedLater><Board /></HydratedLater>
                        <HydratedLater>
                            <div class="room-files">
                                <LazyPart part=Part::UnfinishedFiles />
                                <LazyPart part=Part::UploadBar />
                                <SnippetList />
                                {if live.is_owner() {
                                    view! { <DropZone /> }.into_any()
                                } else {
                                    view! { <DropZone /><div class="action-bar"><DownloadAll class="button" /></div> }.into_any()
                                }}
                                <FileList />
                            <LazyPart part=Part::NewFiles />
                                <UploadForm />
                            </div>
                        </HydratedLater>
                        <HydratedLater>
                            <aside class="room-side">
                                <MemberList />
                                {live.is_owner().then(|| view! { <CloseRoom /> })}
                                {(!live.is_owner()).then(|| view! { <LeaveRoom /> })}
                            </aside>
                        </HydratedLater>
                        <LazyPart part=Part::Windows />
                    </main>
                </HydratedLater>
        }
        .into_any()
    })
    .into_any()
}

/// What became of the files of a room that has been closed, and how it ended, if that is known.
fn closed_words(closed: Option<Closed>) -> String {
    let Some(Closed { by, at_ms, erased_files }) = closed else {
        return t().closed_erased().to_owned();
    };
    let time = clock::time_of_day(at_ms);
    let files = match erased_files {
        0 => t().closed_empty_at(&time),
        count => t().closed_files_at(count, &time),
    };
    match by {
        ClosedBy::Owner => files,
        ClosedBy::Unused => format!("{} {files}", t().closed_unused()),
    }
}
