//! What a browser has to load before a page is alive: it fits into a budget, which only ever shrinks.

use reqwest::Method;

use crate::{door::Door, test_app::TestApp};

/// The most bytes of the WebAssembly module, compressed.
const MODULE_BYTES: usize = 305_000;
/// The most bytes of everything that the first page names, compressed.
const FIRST_LOAD_BYTES: usize = 325_000;

/// How many bytes a public file is on its way to a browser.
async fn weight(door: &Door, path: &str) -> usize {
    let response = door.request(Method::GET, path).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().len()
}

#[tokio::test]
async fn the_first_page_weighs_no_more_than_it_may() {
    let app = TestApp::start().await;
    let page = app.get("/").await.text().await.unwrap();
    let mut bundle: Vec<&str> = page.split('"').filter(|text| text.starts_with("/pkg/")).collect();
    bundle.sort_unstable();
    bundle.dedup();
    assert_eq!(bundle.len(), 3, "a script, a module and a style sheet: {bundle:?}");
    let (mut sum, mut module) = (page.len(), 0);
    for path in bundle {
        let bytes = weight(&app, path).await;
        sum += bytes;
        if path.ends_with(".wasm") {
            module = bytes;
        }
    }
    assert!(module <= MODULE_BYTES, "the module weighs {module} bytes");
    assert!(sum <= FIRST_LOAD_BYTES, "the first page weighs {sum} bytes");
    app.finish().await;
}
