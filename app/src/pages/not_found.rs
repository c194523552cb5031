//! The page for every address that does not exist, and for a form that was refused.

use leptos::prelude::*;

use crate::{
    first_paint::{first_paint, refused},
    i18n::{problem_text::problem_text, t},
    wire::{self, ProblemCode},
};

/// Says that there is nothing at this address, or why a form was refused, and links to the first page. If a proxy may be the
/// reason, it also links to the page that checks the way to the server.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let refused = refused();
    let hides_host = refused == Some(ProblemCode::HostHidden);
    let (heading, explained) = match refused {
        // Nobody can tell which of both it was.
        Some(ProblemCode::HostHidden) => (
            t().refused_heading(),
            vec![problem_text(ProblemCode::CrossSite), t().problem_or_host_hidden(), problem_text(ProblemCode::HostHidden)],
        ),
        Some(problem) => (t().refused_heading(), vec![problem_text(problem)]),
        None => {
            // The first paint is given out only once. It is taken here so that the next page does not mistake it for its own.
            drop(first_paint());
            (t().nothing_heading(), vec![t().nothing_explained()])
        }
    };
    view! {
        <main class="notice">
            <h1>{heading}</h1>
            {explained.into_iter().map(|words| view! { <p>{words}</p> }).collect::<Vec<_>>()}
            {hides_host.then(|| view! { <p><a href=wire::address(wire::DOCTOR_PAGE) rel="external">{t().check_connection()}</a></p> })}
            <a class="button" href=wire::address("/") rel="external">{t().to_first_page()}</a>
        </main>
    }
}
