//! The plain form that adds files, for browsers whose script is off.

use leptos::prelude::*;

use crate::{
    browser::{live_room::use_live_room, problem_text::problem_text},
    i18n::t,
    wire::{self, ProblemCode},
};

/// Why not all of the last form was taken. The server gives it as a context to the page that the form leads back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadProblem(pub ProblemCode);

/// The owner's form. Where scripts run it is hidden, and [`super::drop_zone`] stands in its place.
#[component]
pub fn UploadForm() -> impl IntoView {
    let live = use_live_room();
    // A browser has no such context. It keeps the words that the server painted, because the elements are the same.
    let problem = use_context::<UploadProblem>().map(|UploadProblem(code)| problem_text(code)).unwrap_or_default();
    live.is_owner().then(|| {
        view! {
            <form class="upload-form without-script" method="post" enctype="multipart/form-data" action=wire::upload_form(&live.pin())>
                <label class="field">
                    <span class="label">{t().choose_files()}</span>
                    <input type="file" name="files" multiple required />
                </label>
                <button class="button" type="submit">{t().upload()}</button>
                <p class="problem" role="alert" hidden=problem.is_empty()>{problem}</p>
            </form>
        }
        .into_any()
    })
}
