//! The page in place of a problem document, for browsers that would show the document to a person.

use std::sync::Arc;

use app::{first_paint::Page, wire::ProblemCode};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::render;
use crate::http::Services;

/// Replaces a refusal outside the API by a page with a way back, if the request asks for HTML, as a browser does that
/// follows a link or sends a form. The status stays.
pub(crate) async fn apply(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/html") || request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    // What the page is rendered for: the same request without its body.
    let mut asked = Request::new(Body::empty());
    asked.uri_mut().clone_from(request.uri());
    asked.headers_mut().clone_from(request.headers());
    asked.extensions_mut().clone_from(request.extensions());
    let refused = next.run(request).await;
    let code = refused.extensions().get::<ProblemCode>().copied();
    let Some(problem) = code.or_else(|| (refused.status() == StatusCode::METHOD_NOT_ALLOWED).then_some(ProblemCode::MethodNotAllowed))
    else {
        return refused;
    };
    let mut page = render(&services, refused.status(), Page::Refused { problem }, asked).await;
    for name in [header::RETRY_AFTER, header::ALLOW, header::CONNECTION] {
        page.headers_mut().extend(refused.headers().get(&name).map(|value| (name, value.clone())));
    }
    page
}
