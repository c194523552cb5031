//! Choosing the language of the pages, and fetching the texts of a language.

use app::{
    i18n::{self, Language},
    wire::ProblemCode,
};
use axum::{
    Form,
    extract::{Path, rejection::FormRejection},
    http::{HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::http::{Refusal, State};

/// The fields of the form: the code of the language, and the path of the page to go back to.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    language: String,
    #[serde(default)]
    back: String,
}

/// `POST /language`: keeps the choice in a cookie, and redirects back to the page on which it was made.
pub(crate) async fn choose(services: State, choice: Result<Form<Choice>, FormRejection>) -> Response {
    let Ok(Form(Choice { language, back })) = choice else { return Redirect::to("/").into_response() };
    let chosen = Language::from_code(&language).map(|language| (header::SET_COOKIE, language.cookie()));
    (AppendHeaders(chosen), Redirect::to(local(services.config.base_path.strip(&back).unwrap_or(&back)))).into_response()
}

/// Returns `path` if it is a path on this server, and otherwise `/`, so that nobody can make the form redirect to
/// another site.
fn local(path: &str) -> &str {
    let elsewhere = path.starts_with("//") || path.contains('\\') || path.chars().any(char::is_control) || !path.is_ascii();
    if path.starts_with('/') && !elsewhere { path } else { "/" }
}

/// `GET /messages/{version}/{language}`: the texts of a language, for a page that changes to it without being reloaded.
///
/// # Errors
/// [`ProblemCode::NotFound`] for an unknown language, or when the page has another version of the texts, which may be
/// in another order.
pub(crate) async fn messages(Path((version, code)): Path<(String, String)>) -> Result<Response, Refusal> {
    let Some(language) = Language::from_code(&code).filter(|_| version == i18n::VERSION) else {
        return Err(Refusal::new(ProblemCode::NotFound, "There is nothing at this address."));
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, i18n::table(language)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_never_leads_to_another_site() {
        for path in ["/", "/r/482913", "/join/482913"] {
            assert_eq!(local(path), path);
        }
        for path in ["", "//evil.example", "/\\evil.example", "https://evil.example", "r/482913", "/a\r\nset-cookie: x=1", "/č"] {
            assert_eq!(local(path), "/", "{path:?}");
        }
    }
}
