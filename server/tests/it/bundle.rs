//! How much a browser has to load before a page is interactive. The limits are the constants in this file.

use reqwest::Method;

use crate::{door::Door, test_app::TestApp};

/// The most bytes of the first page's WebAssembly module, compressed.
const MODULE_BYTES: usize = 202_000;
/// The most bytes of what a room's page names in addition to the bundle of the first page, compressed.
const ROOM_BYTES: usize = 215_000;
/// The most bytes of the first page together with everything that it names, compressed.
const FIRST_LOAD_BYTES: usize = 220_000;

/// The addresses of all files of the bundle that a page names.
fn bundle_of(page: &str) -> Vec<String> {
    let mut bundle: Vec<String> = page.split('"').filter(|text| text.starts_with("/pkg/")).map(str::to_owned).collect();
    bundle.sort_unstable();
    bundle.dedup();
    bundle
}

/// How many bytes a browser receives from an address, compressed with Brotli where the server does so.
async fn weight(door: &Door, path: &str) -> usize {
    let response = door.request(Method::GET, path).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().len()
}

#[tokio::test]
async fn the_first_page_weighs_no_more_than_it_may() {
    let app = TestApp::start().await;
    let bundle = bundle_of(&app.get("/").await.text().await.unwrap());
    assert_eq!(bundle.len(), 3, "a script, a module and a style sheet: {bundle:?}");
    let (mut sum, mut module) = (weight(&app, "/").await, 0);
    for path in &bundle {
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

#[tokio::test]
async fn a_room_brings_its_own_part_of_the_program() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let page = format!("/r/{}", owner.pin());
    let first = bundle_of(&app.get("/").await.text().await.unwrap());
    let more: Vec<String> =
        bundle_of(&owner.get(&page).await.text().await.unwrap()).into_iter().filter(|path| !first.contains(path)).collect();
    assert!(!more.is_empty(), "the room's program is asked for at once");
    let mut sum = 0;
    for path in &more {
        sum += weight(&app, path).await;
    }
    assert!(sum <= ROOM_BYTES, "a room brings {sum} bytes: {more:?}");
    app.finish().await;
}
