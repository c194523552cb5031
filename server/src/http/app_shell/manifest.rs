//! `/manifest.webmanifest`: the web app manifest, which describes the app to a system that installs it, in the reader's
//! language.

use app::{
    i18n::{Language, Messages},
    wire::BasePath,
};
use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;

use crate::http::{State, preferences};

/// The manifest with empty texts. [`in_language`] fills them in.
const TEMPLATE: &str = include_str!("manifest.json");

/// The query of the address. It carries the page's language, because browsers fetch manifests without cookies.
#[derive(Debug, Deserialize)]
pub(crate) struct ManifestQuery {
    language: Option<String>,
}

/// `GET`: the manifest in the language that the query names. If it names none, the language is the one that the visitor
/// chose or that the browser asks for.
pub(crate) async fn get(services: State, asked: Result<Query<ManifestQuery>, QueryRejection>, headers: HeaderMap) -> Response {
    let asked = asked.ok().and_then(|Query(asked)| asked.language).and_then(|code| Language::from_code(&code));
    let language = asked.unwrap_or_else(|| preferences::language(&headers));
    let body = in_language(&services.config.base_path, language).to_string();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (header::VARY, HeaderValue::from_static("accept-language, cookie")),
    ];
    (headers, body).into_response()
}

fn in_language(base: &BasePath, language: Language) -> Value {
    let t = Messages::of(language);
    let mut manifest: Value = serde_json::from_str(TEMPLATE).expect("the built-in template is valid JSON");
    move_below(base, &mut manifest);
    let words = [
        ("/description", t.tagline()),
        ("/screenshots/0/label", t.screenshot_room()),
        ("/screenshots/1/label", t.screenshot_phone()),
        ("/shortcuts/0/name", t.create_room()),
        ("/shortcuts/0/description", t.shortcut_create()),
        ("/shortcuts/1/name", t.join()),
        ("/shortcuts/1/description", t.shortcut_join()),
        ("/lang", language.tag()),
        ("/dir", language.direction()),
    ];
    for (pointer, word) in words {
        *manifest.pointer_mut(pointer).expect("the built-in template has a place for each text") = word.into();
    }
    manifest
}

/// Adds the base path to all addresses in the manifest: nothing else in it begins with a slash.
fn move_below(base: &BasePath, value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with('/') => *text = base.address(text),
        Value::Array(values) => values.iter_mut().for_each(|value| move_below(base, value)),
        Value::Object(fields) => fields.values_mut().for_each(|value| move_below(base, value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortcuts_are_named_in_every_language() {
        for language in Language::ALL {
            let manifest = in_language(&BasePath::default(), language);
            let t = Messages::of(language);
            assert_eq!(manifest["lang"], language.tag());
            assert_eq!((&manifest["shortcuts"][0]["name"], &manifest["shortcuts"][1]["name"]), (&t.create_room().into(), &t.join().into()));
        }
        assert_eq!(in_language(&BasePath::default(), Language::Arabic)["dir"], "rtl");
    }

    #[test]
    fn the_app_is_the_one_below_its_path() {
        let manifest = in_language(&"/drop".parse().unwrap(), Language::default());
        assert_eq!((&manifest["id"], &manifest["share_target"]["action"]), (&"/drop/".into(), &"/drop/share".into()));
        assert_eq!(manifest["share_target"]["params"]["url"], "url");
        assert_eq!(in_language(&BasePath::default(), Language::default())["id"], "/");
    }
}
