//! The response to a plain HTML form that was refused.

use app::wire::ProblemCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::http::Refusal;

/// Redirects to a page, with the code of the problem in the query, so that the page says why something was refused.
pub(crate) fn back_to(page: &str, Refusal(problem): &Refusal) -> Response {
    Redirect::to(&format!("{page}?problem={}", code_text(problem.code))).into_response()
}

/// A problem code as it is spelled in JSON.
fn code_text(code: ProblemCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
