//! Other methods for clients that can only send `GET` and `POST` (tus 1.0.0, "X-HTTP-Method-Override").

use axum::{extract::Request, http::Method};

/// Gives a `POST` to the API the method in `X-HTTP-Method-Override`, if that is `PATCH`, `HEAD` or `DELETE`. This
/// happens before the request is routed, so that everything after it, including the check in `same_origin`, sees that
/// method.
pub(crate) async fn apply(mut request: Request) -> Request {
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
