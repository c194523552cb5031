//! Cross-origin requests (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>): scripts of the origins that the
//! configuration lists may use the API with a member's token. Cookies are never shared with them.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::http::Services;

/// The methods that such a script may use.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
/// The request headers that such a script may send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, Range, If-Range, If-Match, If-None-Match, Want-Repr-Digest, Tus-Resumable, \
     Upload-Checksum, Upload-Concat, Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Request-ID, X-Requested-With",
);
/// The response headers that such a script may read.
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Location, Repr-Digest, Retry-After, Tus-Checksum-Algorithm, \
     Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat, Upload-Defer-Length, Upload-Expires, Upload-Length, \
     Upload-Metadata, Upload-Offset",
);
/// For how long a browser may cache the response to a preflight, in seconds (one day).
const MAX_AGE_SECS: HeaderValue = HeaderValue::from_static("86400");

/// Answers the preflights of allowed origins, and lets scripts of these origins read every other response. Requests
/// from other origins are passed on unchanged; `same_origin` refuses the dangerous ones.
pub(crate) async fn apply(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let Some(origin) = allowed_origin(&services, request.headers()) else { return next.run(request).await };
    let preflight = request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECS),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// The origin of the request, if the configuration lists it.
pub(crate) fn allowed_origin(services: &Services, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let allowed = services.config.cors_origin.iter().any(|allowed| origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes()));
    allowed.then(|| origin.clone())
}
