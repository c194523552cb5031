//! `OPTIONS`: the tus version, extensions and limits of this server, which only members who may upload are told.

use reqwest::Method;

use crate::{door::refused, test_app::TestApp};

#[tokio::test]
async fn exactly_what_works_is_advertised_for_the_list_and_for_a_file() {
    let app = TestApp::with_flags(&["--max-file-size", "3MB"]).await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    for path in [owner.files(), owner.file(id)] {
        let response = owner.request(Method::OPTIONS, &path).send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let mut told: Vec<_> = headers.filter(|(name, _)| name.starts_with("tus-")).collect();
        told.sort_unstable();
        let expected = [
            ("tus-checksum-algorithm", "sha1,sha256,crc32c"),
            ("tus-extension", "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration,concatenation"),
            ("tus-max-size", "3000000"),
            ("tus-resumable", "1.0.0"),
            ("tus-version", "1.0.0"),
        ];
        assert_eq!(told, expected, "{path}");
        assert_eq!(response.text().await.unwrap(), "");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_client_may_ask_in_any_version_of_the_protocol() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for version in ["1.0.0", "0.2.2"] {
        let request = owner.request(Method::OPTIONS, &owner.files()).header("tus-resumable", version);
        assert_eq!(request.send().await.unwrap().status(), 204, "{version}");
    }
    app.finish().await;
}

#[tokio::test]
async fn whoever_may_not_upload_is_told_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let other = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    for path in [owner.files(), owner.file(id)] {
        refused(guest.request(Method::OPTIONS, &path).send().await.unwrap(), 403, "owner_only").await;
        refused(app.request(Method::OPTIONS, &path).send().await.unwrap(), 401, "not_a_member").await;
        refused(other.request(Method::OPTIONS, &path).send().await.unwrap(), 401, "not_a_member").await;
    }
    app.finish().await;
}
