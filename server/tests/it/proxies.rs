//! Proxies: whose word is taken for who sent a request, and what follows from it.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    door::{Door, refused},
    seat::header,
    test_app::TestApp,
};

/// A plain form as a browser sends it over a proxy that says nothing of the host that the browser named.
fn create_over_proxy(app: &Door) -> RequestBuilder {
    let request = app.request(Method::POST, "/create").header("content-type", "application/x-www-form-urlencoded");
    request.header("origin", "https://drop.example").header("accept", "text/html")
}

#[tokio::test]
async fn a_form_over_a_trusted_proxy_is_taken_and_one_over_another_says_what_the_proxy_lacks() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.0/8"]).await;
    for headers in [
        &[("x-forwarded-host", "drop.example"), ("x-forwarded-proto", "https")][..],
        &[("forwarded", "for=203.0.113.9;host=drop.example;proto=https")],
        &[
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-host", "drop.example"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ],
    ] {
        let request = headers.iter().fold(create_over_proxy(&app), |request, (name, value)| request.header(*name, *value));
        assert!(request.send().await.unwrap().status().is_redirection(), "{headers:?}");
    }
    let silent = create_over_proxy(&app).send().await.unwrap();
    assert_eq!(silent.status(), 403);
    let page = silent.text().await.unwrap();
    assert!(page.contains("X-Forwarded-Host") && page.contains("proxy_set_header"), "{page}");
    app.finish().await;

    let untrusting = TestApp::start().await;
    let response = create_over_proxy(&untrusting).header("x-forwarded-host", "drop.example").send().await.unwrap();
    assert_eq!(response.status(), 403);
    untrusting.finish().await;
}

#[tokio::test]
async fn a_member_has_the_address_that_the_trusted_proxy_tells() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.1,10.0.0.0/8"]).await;
    let owner = app.create_room().await;
    for (chain, address) in [("198.51.100.7", "198.51.100.7"), ("1.1.1.1, 2001:db8::7, 10.3.2.1", "2001:db8::7"), ("unknown", "127.0.0.1")]
    {
        let request = app.request(Method::POST, &format!("/api/rooms/{}/members", owner.pin())).header("x-forwarded-for", chain);
        let response = request.json(&json!({"name": chain})).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let room = owner.room().await;
        assert_eq!(room.members.last().unwrap().address, address, "{chain}");
    }
    app.finish().await;
}

#[tokio::test]
async fn limits_of_an_address_are_those_of_the_client_behind_the_proxy() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.1", "--max-guesses-per-address", "2"]).await;
    let pin = app.unused_pin();
    let guess = async |client: &str| {
        let request = app.request(Method::POST, &format!("/api/rooms/{pin}/members")).header("x-forwarded-for", client);
        request.json(&json!({"name": "Eve"})).send().await.unwrap().status().as_u16()
    };
    assert_eq!([guess("203.0.113.1").await, guess("203.0.113.1").await, guess("203.0.113.1").await], [404, 404, 429]);
    assert_eq!(guess("203.0.113.2").await, 404, "another client has guesses of its own");
    // What stands before the client may be made up.
    assert_eq!(guess("203.0.113.77, 203.0.113.1").await, 429);
    app.finish().await;
}

#[tokio::test]
async fn links_lead_to_where_the_client_is() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.1"]).await;
    let page = |headers: &'static [(&'static str, &'static str)]| {
        headers.iter().fold(app.request(Method::GET, "/"), |request, (name, value)| request.header(*name, *value)).send()
    };
    let text = page(&[("x-forwarded-host", "drop.example:8443"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")]);
    assert!(text.await.unwrap().text().await.unwrap().contains("https://drop.example:8443"));
    app.finish().await;

    let app = TestApp::with_flags(&["--public-url", "https://drop.example:8443"]).await;
    assert!(app.get("/").await.text().await.unwrap().contains("https://drop.example:8443"));
    app.finish().await;

    // Nobody else is believed.
    let app = TestApp::start().await;
    let request = app.request(Method::GET, "/").header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    assert!(!request.send().await.unwrap().text().await.unwrap().contains("evil.example"));
    app.finish().await;
}

#[tokio::test]
async fn what_a_proxy_says_wrongly_is_refused() {
    let app = TestApp::with_flags(&["--trusted-proxy", "127.0.0.1"]).await;
    let hops = "for=192.0.2.1,".repeat(1000);
    for (name, value) in [
        ("forwarded", "for=\"192.0.2.1"),
        ("forwarded", "for=drop.example"),
        ("forwarded", hops.as_str()),
        ("x-forwarded-for", "192.0.2.1, drop.example"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-port", "http"),
    ] {
        let mut request = app.request(Method::GET, "/").header(name, value);
        if name == "x-forwarded-port" {
            request = request.header("x-forwarded-host", "drop.example");
        }
        let problem = refused(request.send().await.unwrap(), 400, "malformed_request").await;
        assert!(problem["detail"].as_str().unwrap().to_lowercase().contains(&name[..9]), "{name}: {problem}");
    }
    let both = app.request(Method::GET, "/").header("forwarded", "for=192.0.2.1").header("x-forwarded-for", "192.0.2.2");
    refused(both.send().await.unwrap(), 400, "malformed_request").await;
    // Those of which nothing is believed may send anything.
    let untrusting = TestApp::start().await;
    let response = untrusting.request(Method::GET, "/").header("forwarded", "for=\"").send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "content-type").starts_with("text/html")), (200, true));
    untrusting.finish().await;
    app.finish().await;
}
