//! What is left of a room that has been closed: its board with blank flaps, and when its files were erased.

use leptos::prelude::*;

use crate::{browser::system::clock, components::elements::flaps::Flaps, format, i18n::t, wire};

/// The page of a room that has been closed. The turning of the flaps is an animation of the style sheet, so that it
/// needs no script, and does not run for who prefers reduced motion.
#[component]
pub fn ClosedRoom(
    /// How many digits the room's PIN had.
    digits: usize,
    /// When the room was closed, in milliseconds since the Unix epoch, if that is known.
    closed_at_ms: Option<u64>,
    /// What became of the files, as a sentence.
    #[prop(into)]
    words: String,
) -> impl IntoView {
    // Only the browser knows in which time zone the reader is. The server paints the time of day in UTC.
    let time = RwSignal::new(closed_at_ms.map(format::utc_time_of_day));
    Effect::new(move |_| time.set(closed_at_ms.map(clock::time_of_day)));
    let blank = " ".repeat(digits);
    view! {
        <main class="notice">
            <section class="board closed-board">
                <div class="board-pin">
                    <p class="label">{move || time.get().map(|time| t().erased_at(&time))}</p>
                    <Flaps digits=blank />
                </div>
            </section>
            <div class="closed-words" role="alert">
                <h1>{t().closed_heading()}</h1>
                <p>{words}</p>
            </div>
            <a class="button" href=wire::address("/") rel="external">{t().to_first_page()}</a>
        </main>
    }
    .into_any()
}
