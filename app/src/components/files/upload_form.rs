//! The plain HTML form that adds files, for browsers in which scripts are off.

use leptos::prelude::*;

use crate::{
    browser::room::live_room::use_live_room,
    i18n::{problem_text::problem_text, t},
    wire::{self, ProblemCode},
};

/// Why the server did not take all files of the last form. The server provides it as a context for the page to which
/// the form leads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadProblem(pub ProblemCode);

/// The form, which only the owner gets. Where scripts run it is hidden, and [`super::drop_zone`] takes its place.
#[component]
pub fn UploadForm() -> impl IntoView {
    let live = use_live_room();
    // In the browser this context does not exist, so the text is empty there. The text that the server rendered stays
    // on the page, because hydration keeps the elements.
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
