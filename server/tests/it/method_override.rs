//! `X-HTTP-Method-Override`, for clients behind proxies that let only `GET` and `POST` through.

use reqwest::{Method, RequestBuilder};

use crate::{
    door::refused,
    seat::{Seat, header},
    test_app::TestApp,
};

/// A `POST` that stands for another method.
fn overridden(seat: &Seat, method: &str, path: &str) -> RequestBuilder {
    seat.request(Method::POST, path).header("x-http-method-override", method).header("tus-resumable", "1.0.0")
}

fn chunk(request: RequestBuilder, offset: u64, bytes: &'static str) -> RequestBuilder {
    request.header("content-type", "application/offset+octet-stream").header("upload-offset", offset).body(bytes)
}

#[tokio::test]
async fn a_post_is_what_it_says_it_is() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let response = chunk(overridden(&owner, "PATCH", &owner.file(id)), 0, "0123").send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (204, "4"));

    let response = overridden(&owner, "HEAD", &owner.file(id)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!((header(&response, "upload-offset"), header(&response, "upload-length")), ("4", "10"));
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");

    let response = chunk(overridden(&owner, "PATCH", &owner.file(id)), 4, "456789").send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (204, "10"));
    assert_eq!(owner.download(id).await, b"0123456789");

    assert_eq!(overridden(&owner, "DELETE", &owner.file(id)).send().await.unwrap().status(), 204);
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_post_that_says_nothing_is_a_post() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let response = chunk(owner.request(Method::POST, &owner.file(id)), 0, "0123").send().await.unwrap();
    refused(response, 405, "method_not_allowed").await;
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn only_a_post_can_be_overridden() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"stays").await;
    for method in ["DELETE", "PATCH", "HEAD"] {
        let request = owner.request(Method::GET, &owner.file(id)).header("x-http-method-override", method);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{method}");
        assert_eq!(response.text().await.unwrap(), "stays");
    }
    let request = owner.request(Method::HEAD, &owner.file(id)).header("x-http-method-override", "DELETE");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(owner.download(id).await, b"stays");
    app.finish().await;
}

#[tokio::test]
async fn an_overriding_method_is_refused_for_what_it_is() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.add_file("a.txt", 10).await;
    owner.append(id, 0, "0123").await;
    let path = owner.file(id);
    let response = chunk(overridden(&owner, "PATCH", &path), 9, "9").send().await.unwrap();
    assert_eq!(refused(response, 409, "offset_mismatch").await["offset_bytes"], 4);
    let response = overridden(&owner, "PATCH", &path).header("upload-offset", 4).body("4").send().await.unwrap();
    refused(response, 415, "unsupported_media_type").await;
    refused(chunk(overridden(&guest, "PATCH", &path), 4, "4").send().await.unwrap(), 403, "owner_only").await;
    refused(overridden(&guest, "DELETE", &path).send().await.unwrap(), 403, "owner_only").await;
    let room = format!("/api/rooms/{}", owner.pin());
    refused(overridden(&guest, "DELETE", &room).send().await.unwrap(), 403, "owner_only").await;
    assert_eq!(owner.offset(id).await, 4);
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_overrides_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let cookie = format!("snapdrop-{}={}", owner.pin(), owner.entered.token);
    for (name, value) in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        for method in ["PATCH", "DELETE"] {
            let request = app.request(Method::POST, &owner.file(id)).header("cookie", &cookie).header(name, value);
            let request = request.header("x-http-method-override", method).header("tus-resumable", "1.0.0");
            refused(chunk(request, 0, "0123").send().await.unwrap(), 403, "cross_site").await;
        }
    }
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn pages_know_no_overriding() {
    let app = TestApp::start().await;
    let response = app.request(Method::POST, "/").header("x-http-method-override", "HEAD").send().await.unwrap();
    assert_ne!(response.status(), 200);
    app.finish().await;
}
