//! `/offline`: the page that the service worker shows in place of every other page while the server cannot be reached.

use app::{
    i18n::{Language, Messages},
    theme::Theme,
};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::assets;
use crate::http::preferences;

/// The address of the page.
pub(crate) const PATH: &str = "/offline";

/// The address of the page's script, which says whether the network or the server is missing, and reloads the page when
/// the server can be reached again.
pub(crate) const SCRIPT: &str = "/offline.js";

/// The `Content-Security-Policy` of the page: only its own script may run.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The whole page as HTML. Without its script it says that the server cannot be reached, which is true in any case: the
/// script finds out whether the browser has no network. The page is written out here, because the program that runs in
/// the other pages cannot start without the server.
pub(crate) fn page(language: Language, theme: Theme) -> String {
    let t = Messages::of(language);
    let style = assets::BUNDLE.style.as_ref().map(|href| format!(r#"<link rel="stylesheet" href="{href}">"#)).unwrap_or_default();
    // The service worker shows this page under the address that could not be reached, so when the script reloads it,
    // the browser tries that address again.
    format!(
        r##"<!DOCTYPE html>
<html lang="{tag}" dir="{direction}"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ee">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1012">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
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
<div id="away">
<h1>{away}</h1>
<p>{away_explained}</p>
</div>
<div id="offline" hidden>
<h1>{offline}</h1>
<p>{offline_explained}</p>
</div>
<a class="button" href="/">{again}</a>
</main>
</body>
</html>
"##,
        tag = language.tag(),
        theme = theme.name().map(|name| format!(" data-theme=\"{name}\"")).unwrap_or_default(),
        direction = language.direction(),
        title = t.title(t.title_offline()),
        away = t.away_heading(),
        away_explained = t.away_explained(),
        offline = t.offline_heading(),
        offline_explained = t.offline_explained(),
        again = t.try_again(),
    )
}

/// The page, which the service worker fetches and keeps.
pub(crate) async fn get(headers: HeaderMap) -> Response {
    let page = page(preferences::language(&headers), preferences::theme(&headers));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("accept-language, cookie")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_runs_its_own_script_and_nothing_else() {
        let response = get(HeaderMap::new()).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        let page = page(Language::English, Theme::Dark);
        assert!(page.contains(r#"data-theme="dark""#));
        assert!(page.contains(r#"src="/offline.js""#));
        assert!(page.contains("<div id=\"offline\" hidden>\n<h1>You are offline.</h1>"), "only the script knows");
        assert!(page.contains("<div id=\"away\">\n<h1>The server cannot be reached.</h1>"));
    }
}
