//! The pages apart from their markup: who gets which page, with which headers, and what must not be in it.

use std::net::Ipv4Addr;

use reqwest::Method;
use server::addresses;

use crate::{
    seat::{Seat, header},
    test_app::TestApp,
};

fn cookie(seat: &Seat) -> String {
    format!("snapdrop-{}={}", seat.pin(), seat.entered.token)
}

#[tokio::test]
async fn a_page_runs_only_what_this_server_sends() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for path in ["/".to_owned(), format!("/join/{}", owner.pin()), format!("/r/{}", owner.pin()), "/nothing".to_owned()] {
        let response = app.get(&path).await;
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
        let policy = header(&response, "content-security-policy");
        for part in ["default-src 'self'", "script-src 'self' 'nonce-", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(header(&response, "cache-control"), "no-store");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_nonce_is_used_once() {
    let app = TestApp::start().await;
    let first = app.get("/").await;
    let second = app.get("/").await;
    assert_ne!(header(&first, "content-security-policy"), header(&second, "content-security-policy"));
    app.finish().await;
}

#[tokio::test]
async fn every_answer_is_taken_for_what_it_says_it_is() {
    let app = TestApp::start().await;
    for path in ["/", "/nothing", "/healthz", "/api/nothing", "/join/123456/qr.svg"] {
        let response = app.get(path).await;
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "same-origin", "{path}");
        assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin", "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_first_page_is_there_for_everybody() {
    let app = TestApp::start().await;
    for path in ["/", "/?problem=no_such_room", "/?problem=nonsense", "/?problem=%FF"] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_is_no_text_leads_to_a_page_that_says_so() {
    let app = TestApp::start().await;
    for path in ["/r/%FF", "/join/%FF"] {
        let response = app.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_room_can_be_created_and_joined_without_a_script() {
    let app = TestApp::start().await;
    let text = app.get("/").await.text().await.unwrap();
    for part in ["method=\"post\" action=\"/create\"", "method=\"post\" action=\"/join\"", "name=\"pin\""] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_member_sees_the_room_and_can_download_without_a_script() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Zebediah").await;
    let id = owner.upload("menu ☕.txt", b"x").await;
    let page = app.request(Method::GET, &format!("/r/{}", owner.pin())).header("cookie", cookie(&guest)).send().await.unwrap();
    let text = page.text().await.unwrap();
    // The visible markup comes before this marker, and the data for hydration comes after it.
    let body = text.split("__RESOLVED_RESOURCES").next().unwrap();
    for part in ["menu ☕.txt", "Zebediah", "Olga", &format!("href=\"{}\"", owner.file(id))] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    app.finish().await;
}

#[tokio::test]
async fn opening_the_link_of_a_room_joins_nobody() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for _ in 0..3 {
        let response = app.get(&format!("/join/{}", owner.pin())).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "set-cookie"), "");
    }
    assert_eq!(owner.room().await.members.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_stranger_sees_nothing_of_a_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    app.join(&owner, "Zebediah").await;
    let id = owner.upload("very-secret.txt", b"x").await;
    let other = app.create_room().await;
    for path in [format!("/r/{}", owner.pin()), format!("/join/{}", owner.pin())] {
        let page = app.request(Method::GET, &path).header("cookie", cookie(&other)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let text = page.text().await.unwrap();
        for secret in ["very-secret", "Zebediah", "Olga", &id.to_string(), &owner.entered.token, &owner.entered.member.to_string()] {
            assert!(!text.contains(secret), "{path} tells {secret}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_member_gets_the_room_and_no_token() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let page = app.request(Method::GET, &format!("/r/{}", owner.pin())).header("cookie", cookie(&owner)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(!page.text().await.unwrap().contains(&owner.entered.token));
    app.finish().await;
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    owner.upload("</script><script>alert(1)</script>", b"x").await;
    app.join(&owner, "<img src=x onerror=alert(2)>").await;
    let page = app.request(Method::GET, &format!("/r/{}", owner.pin())).header("cookie", cookie(&owner)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(!text.contains("<script>alert(1)"), "{text}");
    assert!(!text.contains("<img src=x"), "{text}");
    app.finish().await;
}

#[tokio::test]
async fn a_member_who_opens_the_link_is_led_into_the_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let response = app.request(Method::GET, &format!("/join/{}", owner.pin())).header("cookie", cookie(&owner)).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(header(&response, "location"), format!("/r/{}", owner.pin()));
    app.finish().await;
}

#[tokio::test]
async fn a_room_that_is_not_there_has_no_page() {
    let app = TestApp::start().await;
    let unused = app.unused_pin();
    for path in [format!("/r/{unused}"), format!("/join/{unused}"), "/r/abc".to_owned(), "/join/12".to_owned(), "/r".to_owned()] {
        let response = app.get(&path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_pin_that_no_room_has_can_be_corrected_right_there() {
    let app = TestApp::start().await;
    let unused = app.unused_pin();
    for path in [format!("/r/{unused}"), format!("/join/{unused}")] {
        let response = app.get(&path).await;
        assert_eq!(response.status(), 404, "{path}");
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!("value=\"{unused}\"")) && page.contains("action=\"/join\""), "{path}: {page}");
        assert!(page.contains(">There is no room with this PIN."), "{path}: {page}");
    }
    app.finish().await;
}

/// The page of a room for a member who opens it at this host.
async fn page_at(seat: &Seat, host: &str) -> String {
    seat.request(Method::GET, &format!("/r/{}", seat.pin())).header("host", host).send().await.unwrap().text().await.unwrap()
}

/// How often a page shows this address as the one to type.
fn shows(page: &str, address: &str) -> usize {
    page.matches(&format!(">{address}<")).count()
}

#[tokio::test]
async fn the_owners_page_says_where_the_pin_is_typed() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let host = "192.168.1.20:3000";
    // Above the PIN, for the owner. The window with the code, which has it, too, is loaded after the page.
    assert_eq!((shows(&page_at(&owner, host).await, host), shows(&page_at(&guest, host).await, host)), (1, 0));
    assert!(!page_at(&owner, host).await.contains("way-here-note"));
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_others_cannot_reach_is_not_shown_to_them() {
    for (app, is_reachable) in [(TestApp::start().await, false), (TestApp::in_every_network().await, true)] {
        let owner = app.create_room().await;
        let port = app.address().port();
        // A machine without a network has no address for others either.
        let lan = addresses::lan_address((Ipv4Addr::UNSPECIFIED, port).into()).filter(|_| is_reachable);
        for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
            let page = page_at(&owner, &host).await;
            assert_eq!(shows(&page, &host), 0);
            match lan {
                Some(lan) => {
                    assert_eq!(shows(&page, &format!("{lan}:{port}")), 1, "{host}");
                    assert!(page.contains(&format!(">Others cannot open “{host}”")), "{host}");
                }
                None => assert!(page.contains(&format!(">Only this device can open “{host}”")), "{host}"),
            }
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn a_pages_guesses_are_counted_too() {
    let app = TestApp::start().await;
    let path = format!("/r/{}", app.unused_pin());
    let refused = loop {
        let response = app.get(&path).await;
        if response.status() != 404 {
            break response;
        }
    };
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "retry-after").parse::<u64>().unwrap() > 1000);
    app.finish().await;
}

#[tokio::test]
async fn the_code_for_cameras_is_a_picture_that_tells_nothing_of_the_room() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for pin in [owner.pin().to_owned(), app.unused_pin()] {
        let response = app.get(&format!("/join/{pin}/qr.svg")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "image/svg+xml");
        assert!(response.text().await.unwrap().contains("<svg"));
    }
    assert_eq!(app.get("/join/abc/qr.svg").await.status(), 404);
    app.finish().await;
}

#[tokio::test]
async fn browsers_are_asked_not_to_change_names_numbers_and_the_pin() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    owner.upload("2026-11-27 Alder.txt", b"0123456789").await;
    let page = owner.get(&format!("/r/{}", owner.pin())).await.text().await.unwrap();
    assert!(page.contains(r#"<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">"#), "{page}");
    let untouched = |text: &str| {
        let before = page.rsplit_once(text).unwrap_or_else(|| panic!("no {text} in {page}")).0;
        let (_, tag) = before.rsplit_once('<').unwrap();
        tag.contains(r#"translate="no""#)
    };
    assert!(untouched(">2026-11-27 Alder.txt<") && untouched(">Olga<"));
    for marked in [r#"<p class="file-facts"><span translate="no">"#, r#"<span translate="no" class="flaps">"#] {
        assert!(page.contains(marked), "no {marked} in {page}");
    }
    app.finish().await;
}
