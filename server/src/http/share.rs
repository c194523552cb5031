//! `POST /share`: what another app shares with the installed one.

use axum::response::Redirect;

/// Reached only where no service worker takes the share, as on the first start after the browser erased it. Nothing of
/// the body is read: files belong to a room, and there is none yet. The page says what to do instead.
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
