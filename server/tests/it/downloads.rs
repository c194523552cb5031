//! `GET /api/rooms/{pin}/files/{id}` of a complete file (RFC 9110).

use reqwest::{Method, Response};

use crate::{
    door::refused,
    seat::{Seat, header, id_in_location},
    test_app::TestApp,
};

async fn get_with(seat: &Seat, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(seat.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_download_says_what_it_is_and_runs_nowhere() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("page.html", b"<script>alert(1)</script>").await;
    let response = owner.get(&owner.file(id)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-length"), "25");
    assert_eq!(header(&response, "content-type"), "text/html");
    assert_eq!(header(&response, "accept-ranges"), "bytes");
    assert_eq!(header(&response, "etag"), format!("\"{id}\""));
    assert_eq!(header(&response, "cache-control"), "private, no-cache");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "content-security-policy"), "sandbox; default-src 'none'");
    assert!(header(&response, "content-disposition").starts_with("attachment; "));
    app.finish().await;
}

#[tokio::test]
async fn a_media_type_is_what_the_sender_said() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (metadata, media_type) in [
        ("filename YS5wbmc=,filetype aW1hZ2UvanBlZw==", "image/jpeg"),
        ("filename YS5wbmc=", "image/png"),
        ("filename YQ==", "application/octet-stream"),
        // The media types of the next two are "text/plain\r\nx: y" and "no type".
        ("filename YQ==,filetype dGV4dC9wbGFpbg0KeDogeQ==", "application/octet-stream"),
        ("filename YQ==,filetype bm8gdHlwZQ==", "application/octet-stream"),
    ] {
        let response = owner.creation().header("upload-length", 0).header("upload-metadata", metadata).send().await.unwrap();
        let id = id_in_location(&response);
        assert_eq!(header(&owner.get(&owner.file(id)).await, "content-type"), media_type, "{metadata}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_part_is_served_as_a_part() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    for (range, content_range, bytes) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=5-99", "bytes 5-9/10", "56789"),
        ("bytes=-99", "bytes 0-9/10", "0123456789"),
    ] {
        let response = get_with(&owner, &owner.file(id), &[("range", range)]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(header(&response, "content-range"), content_range);
        assert_eq!(header(&response, "content-length"), bytes.len().to_string());
        assert_eq!(response.text().await.unwrap(), bytes);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_range_outside_the_file_is_refused_with_its_length() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let response = get_with(&owner, &owner.file(id), &[("range", range)]).await;
        assert_eq!(header(&response, "content-range"), "bytes */10", "{range}");
        refused(response, 416, "range_not_satisfiable").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_range_that_makes_no_sense_gives_the_whole_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    for range in ["lines=1-2", "bytes=five"] {
        let response = get_with(&owner, &owner.file(id), &[("range", range)]).await;
        assert_eq!(response.status(), 200, "{range}");
        assert_eq!(response.text().await.unwrap(), "0123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_part_is_served_only_of_the_file_that_was_begun() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let same = format!("\"{id}\"");
    for (known, status, bytes) in [(same.as_str(), 206, "56789"), ("\"other\"", 200, "0123456789")] {
        let response = get_with(&owner, &owner.file(id), &[("range", "bytes=5-"), ("if-range", known)]).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.unwrap(), bytes);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let same = format!("\"{id}\"");
    for known in [same.as_str(), "*", &format!("\"other\", {same}")] {
        let response = get_with(&owner, &owner.file(id), &[("if-none-match", known)]).await;
        assert_eq!(response.status(), 304, "{known}");
        assert_eq!(header(&response, "etag"), same);
        assert_eq!(response.text().await.unwrap(), "");
    }
    let response = get_with(&owner, &owner.file(id), &[("if-none-match", "\"other\"")]).await;
    assert_eq!(response.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn the_head_of_a_download_is_that_of_the_download() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let response = guest.request(Method::HEAD, &guest.file(id)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-length"), "10");
    assert_eq!(header(&response, "accept-ranges"), "bytes");
    assert!(header(&response, "content-disposition").contains("a.txt"));
    let response = guest.request(Method::HEAD, &guest.file(id)).header("range", "bytes=2-4").send().await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(header(&response, "content-length"), "3");
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_was_removed_is_not_found() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"a").await;
    owner.remove(id).await;
    refused(owner.get(&owner.file(id)).await, 404, "no_such_file").await;
    app.finish().await;
}

#[tokio::test]
async fn many_members_download_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes: Vec<u8> = (0..1_500_000u32).map(|index| (index % 251) as u8).collect();
    let id = owner.upload("a.bin", &bytes).await;
    let downloads = futures::future::join_all((0..20).map(|_| owner.download(id))).await;
    assert!(downloads.iter().all(|download| *download == bytes));
    app.finish().await;
}
