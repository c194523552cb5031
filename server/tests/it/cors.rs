//! Pages of the origins in `--cors-origin` may use the API. Pages of other origins may not.

use reqwest::{Method, RequestBuilder, Response};

use crate::{
    door::{Door, refused},
    process::{Process, command},
    seat::{Seat, header},
    test_app::TestApp,
};

const ORIGIN: &str = "https://app.example";
const FLAGS: [&str; 4] = ["--cors-origin", ORIGIN, "--cors-origin", "http://localhost:8080"];
/// Origins that are not allowed. Most of them look like [`ORIGIN`].
const OTHERS: [&str; 6] =
    ["http://app.example", "https://app.example:8443", "https://app.example.evil.example", "https://evil.example", "null", ""];

/// Sends the preflight request that a browser sends before a page's own request.
async fn preflight(door: &Door, path: &str, origin: &str) -> Response {
    let request = door.request(Method::OPTIONS, path).header("origin", origin).header("sec-fetch-site", "cross-site");
    let request = request.header("access-control-request-method", "PATCH");
    let asked = "authorization,content-type,tus-resumable,upload-checksum,upload-offset";
    request.header("access-control-request-headers", asked).send().await.unwrap()
}

/// A request as a browser sends it for a page of another origin.
fn from_page(seat: &Seat, method: Method, path: &str, origin: &str) -> RequestBuilder {
    seat.request(method, path).header("origin", origin).header("sec-fetch-site", "cross-site").header("tus-resumable", "1.0.0")
}

/// The comma-separated tokens of a header, in lower case.
fn tokens(response: &Response, name: &str) -> Vec<String> {
    header(response, name).split(',').map(|token| token.trim().to_ascii_lowercase()).collect()
}

fn assert_has_all(response: &Response, name: &str, expected: &[&str]) {
    let tokens = tokens(response, name);
    for token in expected {
        assert!(tokens.iter().any(|told| told == token), "{token} is not in {name}: {tokens:?}");
    }
}

fn assert_free_of_cors(response: &Response) {
    let told: Vec<_> = response.headers().keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_page_of_a_known_origin_is_told_what_it_may_send() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    for path in ["/api/rooms".to_owned(), owner.files(), owner.file(id)] {
        for origin in [ORIGIN, "http://localhost:8080"] {
            let response = preflight(&app, &path, origin).await;
            assert!(matches!(response.status().as_u16(), 200 | 204), "{path}: {}", response.status());
            assert_eq!(header(&response, "access-control-allow-origin"), origin);
            assert_has_all(&response, "access-control-allow-methods", &["post", "get", "head", "patch", "delete", "options"]);
            let headers = [
                "authorization",
                "content-type",
                "tus-resumable",
                "upload-length",
                "upload-defer-length",
                "upload-offset",
                "upload-metadata",
                "upload-checksum",
                "upload-concat",
                "x-http-method-override",
                "x-requested-with",
                "x-request-id",
                "range",
            ];
            assert_has_all(&response, "access-control-allow-headers", &headers);
            assert!(header(&response, "access-control-max-age").parse::<u64>().unwrap() > 0);
            assert_eq!(header(&response, "access-control-allow-credentials"), "");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_a_known_origin_uploads_and_downloads_with_its_token() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let created = from_page(&owner, Method::POST, &owner.files(), ORIGIN).header("upload-length", 10).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let path = header(&created, "location").to_owned();
    let chunk = from_page(&owner, Method::PATCH, &path, ORIGIN).header("content-type", "application/offset+octet-stream");
    let appended = chunk.header("upload-offset", 0).body("0123456789").send().await.unwrap();
    assert_eq!(appended.status(), 204);
    let asked = from_page(&owner, Method::HEAD, &path, ORIGIN).send().await.unwrap();
    assert_eq!((asked.status().as_u16(), header(&asked, "upload-offset")), (200, "10"));
    let part = from_page(&owner, Method::GET, &path, ORIGIN).header("range", "bytes=2-3").send().await.unwrap();
    assert_eq!(part.status(), 206);
    let discovered = from_page(&owner, Method::OPTIONS, &owner.files(), ORIGIN).send().await.unwrap();
    assert_eq!((discovered.status().as_u16(), header(&discovered, "tus-version")), (204, "1.0.0"));
    for response in [&created, &appended, &asked, &part, &discovered] {
        assert_eq!(header(response, "access-control-allow-origin"), ORIGIN);
        assert_eq!(header(response, "access-control-allow-credentials"), "");
    }
    assert_eq!(part.text().await.unwrap(), "23");
    let removed = from_page(&owner, Method::DELETE, &path, ORIGIN).send().await.unwrap();
    assert_eq!((removed.status().as_u16(), header(&removed, "access-control-allow-origin")), (204, ORIGIN));
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_a_known_origin_may_read_what_clients_need() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let response = from_page(&owner, Method::POST, &owner.files(), ORIGIN).header("upload-length", 10).send().await.unwrap();
    let exposed = [
        "location",
        "tus-checksum-algorithm",
        "tus-extension",
        "tus-max-size",
        "tus-resumable",
        "tus-version",
        "upload-concat",
        "upload-defer-length",
        "upload-expires",
        "upload-length",
        "upload-metadata",
        "upload-offset",
        "accept-ranges",
        "content-disposition",
        "content-range",
        "etag",
        "repr-digest",
        "retry-after",
    ];
    assert_has_all(&response, "access-control-expose-headers", &exposed);
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_a_known_origin_may_read_why_it_was_refused() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let chunk = from_page(&owner, Method::PATCH, &owner.file(id), ORIGIN).header("content-type", "application/offset+octet-stream");
    let mismatch = chunk.header("upload-offset", 5).body("x").send().await.unwrap();
    let stranger = app.request(Method::GET, &owner.file(id)).header("origin", ORIGIN).send().await.unwrap();
    let nowhere = from_page(&owner, Method::HEAD, &format!("{}/{}", owner.files(), "0".repeat(32)), ORIGIN).send().await.unwrap();
    assert_eq!(nowhere.status(), 404);
    for response in [&mismatch, &stranger, &nowhere] {
        assert_eq!(header(response, "access-control-allow-origin"), ORIGIN);
        assert_has_all(response, "access-control-expose-headers", &["upload-offset"]);
    }
    refused(mismatch, 409, "offset_mismatch").await;
    refused(stranger, 401, "not_a_member").await;
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_any_other_origin_is_told_nothing_and_changes_nothing() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"stays").await;
    for origin in OTHERS {
        for path in [owner.files(), owner.file(id)] {
            assert_free_of_cors(&preflight(&app, &path, origin).await);
        }
        assert_free_of_cors(&from_page(&owner, Method::GET, &owner.file(id), origin).send().await.unwrap());
        for (method, path) in [(Method::POST, owner.files()), (Method::PATCH, owner.file(id)), (Method::DELETE, owner.file(id))] {
            let response = from_page(&owner, method, &path, origin).header("upload-length", 1).send().await.unwrap();
            assert_free_of_cors(&response);
            refused(response, 403, "cross_site").await;
        }
    }
    assert_eq!(owner.room().await.files.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_was_told_of_no_origin_knows_none() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let own = format!("http://{}", app.address());
    assert_free_of_cors(&preflight(&app, &owner.files(), ORIGIN).await);
    let response = from_page(&owner, Method::POST, &owner.files(), ORIGIN).header("upload-length", 1).send().await.unwrap();
    assert_free_of_cors(&response);
    refused(response, 403, "cross_site").await;
    assert_free_of_cors(&owner.request(Method::GET, &owner.files()).header("origin", own).send().await.unwrap());
    app.finish().await;
}

#[tokio::test]
async fn a_variable_holds_several_origins() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("SNAPDROP_CORS_ORIGIN", "https://one.example,https://two.example");
    let process = Process::run(command);
    let owner = process.create_room().await;
    for origin in ["https://one.example", "https://two.example"] {
        let response = preflight(&process, &owner.files(), origin).await;
        assert_eq!(header(&response, "access-control-allow-origin"), origin);
    }
    assert_free_of_cors(&preflight(&process, &owner.files(), "https://one.example,https://two.example").await);
}

#[tokio::test]
async fn a_page_of_a_known_origin_cannot_act_with_the_visitors_cookie() {
    let app = TestApp::with_flags(&FLAGS).await;
    let owner = app.create_room().await;
    let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    let room = format!("/api/rooms/{}", owner.pin());
    for method in [Method::GET, Method::DELETE] {
        let request = app.request(method, &room).header("origin", ORIGIN).header("sec-fetch-site", "cross-site");
        refused(request.header("cookie", &cookie).send().await.unwrap(), 401, "not_a_member").await;
    }
    let request = app.request(Method::POST, "/join").header("origin", ORIGIN).header("cookie", &cookie);
    let response =
        request.header("content-type", "application/x-www-form-urlencoded").body(format!("pin={}", owner.pin())).send().await.unwrap();
    // Somebody without a seat joins; nobody comes back to the owner's.
    assert!(response.headers().contains_key("set-cookie"));
    assert_eq!(from_page(&owner, Method::DELETE, &room, ORIGIN).send().await.unwrap().status(), 204);
    app.finish().await;
}
