//! `/offline`: the page that the service worker shows in place of every other page while the server cannot be reached.

use app::{
    i18n::{Language, Messages},
    theme::Theme,
    wire::BasePath,
};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::bare_page::BarePage;
use crate::http::{State, preferences};

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
pub(crate) fn page(base: &BasePath, language: Language, theme: Theme) -> String {
    let t = Messages::of(language);
    let home = base.address("/");
    let main = format!(
        r#"<main class="notice">
<div id="away">
<h1>{away}</h1>
<p>{away_explained}</p>
</div>
<div id="offline" hidden>
<h1>{offline}</h1>
<p>{offline_explained}</p>
</div>
<a class="button" href="{home}">{again}</a>
</main>"#,
        away = t.away_heading(),
        away_explained = t.away_explained(),
        offline = t.offline_heading(),
        offline_explained = t.offline_explained(),
        again = t.try_again(),
    );
    // The service worker shows this page under the address that could not be reached, so when the script reloads it,
    // the browser tries that address again.
    BarePage { language, theme, title: t.title_offline(), base, script: SCRIPT, home: &home, main: &main }.html()
}

/// The page, which the service worker fetches and keeps.
pub(crate) async fn get(services: State, headers: HeaderMap) -> Response {
    response(page(&services.config.base_path, preferences::language(&headers), preferences::theme(&headers)))
}

fn response(page: String) -> Response {
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

    #[test]
    fn the_page_runs_its_own_script_and_nothing_else() {
        let page = page(&BasePath::default(), Language::English, Theme::Dark);
        let response = response(page.clone());
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(page.contains(r#"data-theme="dark""#));
        assert!(page.contains(r#"src="/offline.js""#));
        assert!(page.contains("<div id=\"offline\" hidden>\n<h1>You are offline.</h1>"), "only the script knows");
        assert!(page.contains("<div id=\"away\">\n<h1>The server cannot be reached.</h1>"));
    }
}
