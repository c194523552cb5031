//! Methods for clients that can only `GET` and `POST` (tus 1.0.0, "X-HTTP-Method-Override").

use axum::{extract::Request, http::Method};

/// Makes a `POST` to the API what its sender meant. Before the request is routed, so that everything after it, the
/// check for other sites' pages included, sees the real method.
pub(crate) async fn obey(mut request: Request) -> Request {
    if request.method() == Method::POST
        && request.uri().path().starts_with("/api/")
        && let Some(wanted) = request.headers().get("x-http-method-override")
        && let Ok(method) = Method::from_bytes(wanted.as_bytes())
        && matches!(method, Method::PATCH | Method::HEAD | Method::DELETE)
    {
        *request.method_mut() = method;
    }
    request
}
