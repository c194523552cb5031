//! The page on which a device learns to trust the server, and the certificate in the forms that devices install.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;

use crate::{door::refused, seat::header, test_app::TestApp};

#[tokio::test]
async fn the_certificate_is_handed_out_with_and_without_tls() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let kept = std::fs::read_to_string(app.folder().join("snapdrop-ca.pem")).unwrap().replace('\r', "");
    for door in [&*app, app.plain_door()] {
        let certificate = door.get("/ca.crt").await;
        assert_eq!(header(&certificate, "content-type"), "application/x-x509-ca-cert");
        assert!(header(&certificate, "content-disposition").contains("snapdrop-ca.crt"));
        assert_eq!(certificate.text().await.unwrap(), kept);
        let profile = door.get("/ca.mobileconfig").await;
        assert_eq!(header(&profile, "content-type"), "application/x-apple-aspen-config");
        assert!(profile.text().await.unwrap().contains(&STANDARD.encode(app.authority())));
        let page = door.request(Method::GET, "/ca").header("accept-language", "de").send().await.unwrap();
        assert!(header(&page, "content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
        let text = page.text().await.unwrap();
        assert!(text.contains("<html lang=\"de\"") && text.contains(&format!("data-tls=\"https://{}\"", app.address())), "{text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn any_page_may_ask_whether_its_browser_trusts_the_server() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    let request = app.request(Method::GET, "/ca/trusted").header("origin", "http://drop.lan").header("sec-fetch-site", "cross-site");
    let response = request.header("sec-fetch-mode", "cors").send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert_eq!(header(&response, "cross-origin-resource-policy"), "cross-origin");
    app.finish().await;
}

#[tokio::test]
async fn a_server_without_an_authority_has_nothing_to_hand_out() {
    let app = TestApp::start().await;
    for path in ["/ca", "/ca.crt", "/ca.mobileconfig"] {
        refused(app.get(path).await, 404, "not_found").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_host_that_is_none_gets_no_page() {
    let app = TestApp::with_flags(&["--tls-self-signed"]).await;
    for host in ["evil@drop.lan", "a b", "<script>"] {
        let response = app.plain_door().request(Method::GET, "/ca").header("host", host).send().await.unwrap();
        assert_eq!(response.status(), 400, "{host}");
    }
    app.finish().await;
}
