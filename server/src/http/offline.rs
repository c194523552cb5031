//! `/offline`: the page that the service worker shows in place of every other while there is no network.

use std::sync::LazyLock;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::assets;

/// Its address.
pub(crate) const PATH: &str = "/offline";

/// Loads it again when the server is back.
pub(super) const SCRIPT: &str = "/offline.js";

/// Nothing runs on it but its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The whole page. Written out here, because the program around the other pages needs the server to start.
pub(super) static PAGE: LazyLock<String> = LazyLock::new(|| {
    let style = assets::BUNDLE.style.as_ref().map(|href| format!(r#"<link rel="stylesheet" href="{href}">"#)).unwrap_or_default();
    // It stands at the address that could not be reached, so that loading it again is the next try.
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ee">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1012">
<meta name="robots" content="noindex">
<title>SnapDrop</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="manifest" href="/manifest.webmanifest">
{style}
<script type="module" src="{SCRIPT}"></script>
</head>
<body>
<header class="masthead">
<a class="brand" href="/">
<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
<rect class="mark-board" width="32" height="32" rx="7"/>
<path class="mark-arrow" d="M16 6v12m-6-5 6 6 6-6"/>
<path class="mark-line" d="M8 25h16"/>
</svg>
<span>SnapDrop</span>
</a>
</header>
<main class="notice">
<h1>You are offline.</h1>
<p>SnapDrop needs the network to reach a room. This page comes back by itself.</p>
<a class="button" href="/">Try again</a>
</main>
</body>
</html>
"##
    )
});

/// The page, as the service worker fetches it to keep it.
pub(crate) async fn get() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, PAGE.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_runs_its_own_script_and_nothing_else() {
        let response = get().await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(PAGE.contains(r#"src="/offline.js""#));
        assert!(PAGE.contains("You are offline."));
    }
}
