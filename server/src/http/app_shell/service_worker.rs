//! `/sw.js`: the service worker, with its version and the lists of the files that it keeps filled in.

use std::sync::LazyLock;

use app::{
    i18n::{self, Language},
    theme::Theme,
    wire::BasePath,
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

use super::{assets, offline};

const TEMPLATE: &str = include_str!("service_worker.js");

/// The files that an installed app shows besides the bundle. Their names stay the same when their content changes.
const PUBLIC_FILES: [&str; 7] =
    [offline::SCRIPT, "/favicon.svg", "/icon-180.png", "/icon-192.png", "/icon-512.png", "/icon-maskable-512.png", "/icon-monochrome.svg"];

/// The script is made once, because everything in it is part of the program.
static SCRIPT: LazyLock<Script> = LazyLock::new(Script::new);

/// The script as browsers get it, and its entity tag.
#[derive(Debug)]
struct Script {
    text: String,
    etag: HeaderValue,
}

impl Script {
    fn new() -> Self {
        let bundle = &*assets::BUNDLE;
        let bundle: Vec<&str> =
            [&bundle.script, &bundle.loader, &bundle.wasm, &bundle.style].into_iter().flatten().map(String::as_str).collect();
        // A service worker that cannot get one of its files is never installed, so only existing files are named.
        let mut public: Vec<&str> = PUBLIC_FILES.into_iter().filter(|path| fingerprint(path).is_some()).collect();
        let mut hash = Sha256::new();
        hash.update(TEMPLATE);
        hash.update(offline::page(&BasePath::default(), Language::default(), Theme::default()));
        hash.update(i18n::VERSION);
        let parts: Vec<&str> = assets::BUNDLE.room_modules.iter().map(String::as_str).collect();
        for path in bundle.iter().chain(&parts).chain(&public) {
            hash.update(path);
            hash.update(fingerprint(path).unwrap_or_default());
        }
        public.push(offline::PATH);
        let version: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::try_from(format!("\"{version}\"")).expect("hexadecimal digits");
        Self { text: filled(&version, &bundle, &parts, &public), etag }
    }
}

/// A text that changes with the content of the embedded file at `path`; `None` if there is no such file.
fn fingerprint(path: &str) -> Option<String> {
    let file = assets::serve(path, &HeaderMap::new())?;
    file.headers().get(header::ETAG)?.to_str().ok().map(str::to_owned)
}

/// The template with its four placeholders filled in.
fn filled(version: &str, bundle: &[&str], parts: &[&str], public: &[&str]) -> String {
    let list = |paths: &[&str]| serde_json::to_string(paths).expect("text is always JSON");
    TEMPLATE
        .replace("{{version}}", version)
        .replace("['{{bundle}}']", &list(bundle))
        .replace("['{{parts}}']", &list(parts))
        .replace("['{{public}}']", &list(public))
}

/// `GET`: the script. Browsers ask for it repeatedly, and install it when any byte of it has changed.
pub(crate) async fn get(request: HeaderMap) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, SCRIPT.etag.clone()),
    ];
    if request.get(header::IF_NONE_MATCH) == Some(&SCRIPT.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, SCRIPT.text.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_of_the_template_is_filled() {
        let text = filled("0123456789abcdef", &["/pkg/a.js", "/pkg/a.wasm"], &["/pkg/b.wasm"], &["/offline"]);
        for line in [
            "const VERSION = `${OWN}0123456789abcdef`;",
            r#"const BUNDLE = ["/pkg/a.js","/pkg/a.wasm"].map("#,
            r#"const PARTS = ["/pkg/b.wasm"].map("#,
            r#"const PUBLIC = ["/offline"].map("#,
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert!(!text.contains("{{"), "{text}");
    }

    #[tokio::test]
    async fn a_browser_that_has_the_script_does_not_get_it_again() {
        let first = get(HeaderMap::new()).await;
        assert_eq!((first.status(), &first.headers()[header::CACHE_CONTROL]), (StatusCode::OK, &HeaderValue::from_static("no-cache")));
        let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone())]);
        assert_eq!(get(again).await.status(), StatusCode::NOT_MODIFIED);
    }
}
