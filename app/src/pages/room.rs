//! `/r/{pin}`: the room for its members, the way in for everybody else.

use leptos::{prelude::*, task::spawn_local};

use super::join::WayIn;
use crate::{
    browser::{
        api, kept_files,
        live_room::{Ended, LiveRoom},
        notices::use_notices,
        page, socket,
        toasts::use_toasts,
    },
    components::{
        board::Board, close_room::CloseRoom, drop_zone::DropZone, file_list::FileList, link_status::LinkStatus, masthead::Masthead,
        member_list::MemberList, unfinished_files::UnfinishedFiles, upload_bar::UploadBar,
    },
    room::{Closed, ClosedBy, Pin},
    shell::{Page, first_paint},
    wire::{ProblemCode, RoomView},
};

/// What this browser is to the room.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Not asked yet.
    Unknown,
    /// A member.
    Member(RoomView),
    /// Somebody who has to join first, or cannot.
    Outside(Option<ProblemCode>),
}

/// The room with the PIN in the address.
#[component]
pub fn RoomPage(
    /// Which room.
    pin: Pin,
) -> impl IntoView {
    let standing = RwSignal::new(match first_paint() {
        Some(Page::Room(view)) if view.snapshot.room.pin == pin => Standing::Member(view),
        Some(Page::Join { problem }) => Standing::Outside(problem),
        _ => Standing::Unknown,
    });
    let asked = pin.clone();
    Effect::new(move |_| {
        if standing.get() == Standing::Unknown {
            let pin = asked.clone();
            spawn_local(async move {
                standing.set(match api::look(&pin).await {
                    Ok(view) => Standing::Member(view),
                    Err(problem) if problem.code == ProblemCode::NotAMember => Standing::Outside(None),
                    Err(problem) => Standing::Outside(Some(problem.code)),
                });
            });
        }
    });
    let joined = Callback::new(move |_| standing.set(Standing::Unknown));
    let lost_seat = Callback::new(move |()| standing.set(Standing::Outside(None)));
    (move || match standing.get() {
        Standing::Unknown => view! { <Opening /> }.into_any(),
        Standing::Member(view) => view! { <RoomOfMember view lost_seat /> }.into_any(),
        Standing::Outside(problem) => view! { <WayIn pin=pin.clone() problem on_joined=joined /> }.into_any(),
    })
    .into_any()
}

#[component]
fn Opening() -> impl IntoView {
    view! {
        <Masthead />
        <main class="notice" aria-busy="true">
            <p>"Opening the room…"</p>
        </main>
    }
    .into_any()
}

/// The room itself, followed live.
#[component]
fn RoomOfMember(view: RoomView, lost_seat: Callback<()>) -> impl IntoView {
    let live = LiveRoom::new(view);
    provide_context(live);
    let toasts = use_toasts();
    use_notices().follow(live);
    Effect::new(move |_| socket::follow(live, toasts));
    Effect::new(move |_| {
        if live.ended.get() == Some(Ended::NoSeat) {
            lost_seat.run(());
        }
    });
    let closed = Memo::new(move |_| live.read(|room| room.closed));
    let over = Memo::new(move |_| closed.get().is_some() || live.ended.get() == Some(Ended::Gone));
    Effect::new(move |_| {
        if over.get() {
            kept_files::forget_room(live.pin());
        }
    });
    view! {
        <Masthead />
        <Show when=move || !over.get() fallback=move || view! { <ClosedRoom closed=closed.get() /> }>
            <main class="room">
                <LinkStatus />
                <p class="quiet without-script">
                    "Without JavaScript this page shows the room as it was when it was loaded. Reload it to see what is new."
                </p>
                <Board />
                <div class="room-files">
                    <UnfinishedFiles />
                    <UploadBar />
                    <FileList />
                    <DropZone />
                </div>
                <aside class="room-side">
                    <MemberList />
                    {live.is_owner().then(|| view! { <CloseRoom /> })}
                </aside>
            </main>
        </Show>
    }
    .into_any()
}

/// What is left of a room: one sentence.
#[component]
fn ClosedRoom(closed: Option<Closed>) -> impl IntoView {
    view! {
        <main class="notice">
            <h1>"This room is closed."</h1>
            <p>{closed_words(closed)}</p>
            <a class="button" href="/" rel="external">"To the first page"</a>
        </main>
    }
    .into_any()
}

fn closed_words(closed: Option<Closed>) -> String {
    let Some(Closed { by, at_ms, erased_files }) = closed else {
        return "Its files were erased.".to_owned();
    };
    let time = page::time_of_day(at_ms);
    let files = match erased_files {
        0 => format!("There were no files in it when it ended at {time}."),
        1 => format!("Its file was erased at {time}."),
        count => format!("Its {count} files were erased at {time}."),
    };
    match by {
        ClosedBy::Owner => files,
        ClosedBy::Unused => format!("Nobody had used it for a long time. {files}"),
    }
}
