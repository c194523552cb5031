//! The browser's bundle and the public files, which are embedded in the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use app::Bundle;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The output of `cargo leptos build`: each file, with its compressed forms beside it.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct Site;

/// The compressed forms of a file, the preferred one first: content coding, and the suffix of the file's name.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The names of the bundle's files, which carry a hash of their content.
pub(crate) static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let named = |start: &str, ending: &str| {
        let mut names: Vec<String> =
            Site::iter().filter(|name| name.starts_with(start) && name.ends_with(ending)).map(|name| format!("/{name}")).collect();
        names.sort();
        names
    };
    Bundle {
        script: named("pkg/snapdrop", ".js").pop(),
        wasm: named("pkg/snapdrop", ".wasm").pop(),
        loader: named("pkg/__wasm_split.", ".js").pop(),
        room_modules: modules_of("room"),
        style: named("pkg/snapdrop", ".css").pop(),
    }
});

/// The addresses of the WebAssembly modules that a split part of the program consists of, as the build lists them.
fn modules_of(part: &str) -> Vec<String> {
    let list = Site::iter().find(|name| name.starts_with("pkg/__wasm_split_manifest") && name.ends_with(".json"));
    let list = list.and_then(|name| Site::get(&name)).map(|file| file.data).unwrap_or_default();
    let mut parts: BTreeMap<String, Vec<String>> = serde_json::from_slice(&list).unwrap_or_default();
    parts.remove(part).unwrap_or_default().into_iter().map(|name| format!("/pkg/{name}.wasm")).collect()
}

/// Responds with the embedded file at `path`, in the preferred form that the client accepts; `None` if there is no such
/// file.
pub(crate) fn serve(path: &str, request: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    // A page that needs a second instance of the program loads the bundle again, from this address.
    let renamed = path.strip_prefix("pkg/again/").map(|name| format!("pkg/{name}"));
    let path = renamed.as_deref().unwrap_or(path);
    if CODINGS.iter().any(|(_, ending)| path.ends_with(ending)) {
        return None;
    }
    let plain = Site::get(path)?;
    let mut headers = HeaderMap::new();
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(media_type.as_ref()).expect("media types are visible ASCII"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Names in the bundle carry a hash of the content, so the content under a name never changes.
    let lifetime = if path.starts_with("pkg/") { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    let etag = etag(&plain);
    headers.insert(header::ETAG, etag.clone());
    if request.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }

    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (coding, ending) in CODINGS {
        if accepts(accepted, coding)
            && let Some(compressed) = Site::get(&format!("{path}{ending}"))
        {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            return Some((headers, compressed.data).into_response());
        }
    }
    Some((headers, plain.data).into_response())
}

/// Whether an `Accept-Encoding` value allows a coding (RFC 9110, section 12.5.3).
fn accepts(value: &str, coding: &str) -> bool {
    value.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0));
        named && !refused
    })
}

/// The entity tag of a file. It is a weak one, because the compressed forms of the file share it.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let text: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("W/\"{text}\"")).expect("hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn a_coding_is_taken_only_where_it_is_accepted() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("", "gzip"));
    }
}
