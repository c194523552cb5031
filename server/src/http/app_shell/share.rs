//! `POST /share`: the share target, to which the system sends what another app shares with the installed app.

use axum::response::Redirect;

/// Redirects to the home page, which says what to do instead. The server gets a share only when no service worker takes
/// it, for example on the first start after the browser has erased the worker. The body is not read: files belong to a
/// room, and there is none yet.
pub(crate) async fn without_worker() -> Redirect {
    Redirect::to("/?do=shared")
}

#[cfg(test)]
mod tests {
    use axum::{
        http::{StatusCode, header},
        response::IntoResponse as _,
    };

    use super::*;

    #[tokio::test]
    async fn a_share_that_nobody_took_leads_to_the_page_that_says_so() {
        let response = without_worker().await.into_response();
        assert_eq!((response.status(), response.headers()[header::LOCATION].as_bytes()), (StatusCode::SEE_OTHER, &b"/?do=shared"[..]));
    }
}
