//! `--base-path`: a server that shares its host with other programs.

use std::{collections::BTreeSet, net::Ipv4Addr};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::{
    door::{Door, with_http_2},
    process::{Process, command},
    proxy_program::{Kind, NAME, Proxy},
    seat::{header, id_in_location, metadata, noise},
    test_app::TestApp,
};

async fn below_drop(flags: &[&str]) -> (TestApp, Door) {
    let app = TestApp::with_flags(&[flags, &["--base-path", "/drop"]].concat()).await;
    let door = app.below("/drop");
    (app, door)
}

/// Sends a plain form with this `Cookie`.
async fn post(door: &Door, path: &str, fields: &str, cookie: &str) -> Response {
    let request = door.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    request.header("cookie", cookie).body(fields.to_owned()).send().await.unwrap()
}

/// The addresses in a page that browsers go to or fetch by themselves.
fn addresses_in(page: &str) -> BTreeSet<String> {
    let attributes = [" href=\"", " src=\"", " action=\""];
    let found = attributes.iter().flat_map(|mark| page.split(mark).skip(1));
    found.filter_map(|rest| rest.split('"').next()).filter(|address| !address.starts_with('#')).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn every_address_in_a_page_is_below_the_path_and_leads_somewhere() {
    let (app, door) = below_drop(&["--tls-self-signed"]).await;
    let owner = door.create_room().await;
    owner.upload("photo.jpg", &noise(10)).await;
    owner.upload("Holiday/2.txt", &noise(10)).await;
    let pin = owner.pin();
    let cookie = format!("__Secure-snapdrop-{pin}={}", owner.entered.token);
    let mut seen = BTreeSet::new();
    for path in ["/", &format!("/r/{pin}"), &format!("/join/{pin}"), "/nowhere", "/ca", "/doctor", "/offline"] {
        let page = door.request(Method::GET, path).header("cookie", &cookie).send().await.unwrap();
        let page = if path.starts_with("/join") { door.get(path).await } else { page };
        assert!(page.status().is_success() || path == "/nowhere", "{path}: {}", page.status());
        seen.extend(addresses_in(&page.text().await.unwrap()));
    }
    assert!(seen.len() > 20, "{seen:?}");
    let host = format!("https://{}/", door.host());
    for address in seen {
        let path = address.replace(&host, "/drop/").replace("&amp;", "&");
        assert!(path.starts_with("/drop/"), "{address}");
        // These take forms only.
        let takes_forms = ["/create", "/join", "/language", "/leave", "/upload"].iter().any(|end| path.ends_with(end));
        if !takes_forms {
            let status = door.request(Method::GET, &path["/drop".len()..]).header("cookie", &cookie).send().await.unwrap().status();
            assert!(status.is_success(), "{path}: {status}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn the_program_in_the_page_learns_the_path_and_is_loaded_from_below_it() {
    let (app, door) = below_drop(&[]).await;
    let page = door.get("/").await.text().await.unwrap();
    assert!(page.contains("data-base=\"/drop\""), "{page}");
    assert!(page.contains("\"/drop/pkg/") && !page.contains("\"/pkg/"), "{page}");
    let without = TestApp::start().await;
    assert!(!without.get("/").await.text().await.unwrap().contains("data-base"));
    without.finish().await;
    app.finish().await;
}

#[tokio::test]
async fn forms_lead_to_pages_below_the_path_and_set_cookies_for_it() {
    let (app, door) = below_drop(&[]).await;
    let created = post(&door, "/create", "", "cookies=work").await;
    let page = header(&created, "location").to_owned();
    assert_eq!(created.status(), 303);
    assert!(page.starts_with("/drop/r/"), "{page}");
    let cookies: Vec<&str> = created.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("snapdrop-")), "{cookies:?}");
    for cookie in &cookies {
        assert!(cookie.contains("; Path=/drop;"), "{cookie}");
    }
    let seat = cookies.iter().find(|cookie| cookie.starts_with("snapdrop-")).unwrap().split(';').next().unwrap();
    let pin = page.strip_prefix("/drop/r/").unwrap();
    let back = post(&door, "/language", &format!("language=de&back={page}"), seat).await;
    assert_eq!(header(&back, "location"), page);
    assert!(header(&back, "set-cookie").contains("; Path=/drop;"), "{back:?}");
    for elsewhere in ["//evil.example", "/drop//evil.example", "https://evil.example/"] {
        let back = post(&door, "/language", &format!("language=de&back={elsewhere}"), seat).await;
        assert_eq!(header(&back, "location"), "/drop/");
    }
    let left = post(&door, &format!("/r/{pin}/leave"), "", seat).await;
    assert!(header(&left, "location").starts_with("/drop/"), "{left:?}");
    assert_eq!(header(&post(&door, "/share", "", "").await, "location"), "/drop/?do=shared");
    app.stop().await;
}

#[tokio::test]
async fn the_main_job_is_done_below_the_path() {
    let (app, door) = below_drop(&[]).await;
    let owner = door.create_room().await;
    let guest = door.join(&owner, "Gina").await;
    let mut live = guest.listen().await;
    let bytes = noise(100_000);
    let created = owner.creation().header("upload-length", bytes.len()).header("upload-metadata", metadata("a.bin")).send().await.unwrap();
    let id = id_in_location(&created);
    assert_eq!(header(&created, "location"), format!("/drop{}", owner.file(id)));
    assert_eq!(owner.append(id, 0, bytes.clone()).await.status(), 204);
    live.until_digested(id).await;
    assert_eq!(guest.download(id).await, bytes);
    // The addresses that an upload client got are those that it names.
    let parts = [owner.upload_part(b"one").await, owner.upload_part(b"two").await];
    let concat = format!("final;/drop{} http://{}{}", owner.file(parts[0]), door.host(), owner.file(parts[1]));
    let joined = owner.ask_to_concatenate(&concat).await;
    assert_eq!(joined.status(), 201);
    let joined = id_in_location(&joined);
    assert_eq!(guest.download(joined).await, b"onetwo");
    let named = owner.ask_offset(joined).await;
    assert_eq!(header(&named, "upload-concat"), format!("final;/drop{} /drop{}", owner.file(parts[0]), owner.file(parts[1])));
    app.finish().await;
}

#[tokio::test]
async fn pages_that_are_being_sent_change_no_address_in_other_responses() {
    let (app, door) = below_drop(&["--tls-self-signed"]).await;
    let slow = Client::builder()
        .tls_backend_preconfigured(with_http_2(app.authority()))
        .no_proxy()
        .http2_initial_stream_window_size(1)
        .build()
        .unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(slow.get(format!("https://{}/", door.host())).send().await.unwrap());
        let created = post(&door, "/create", "", "cookies=work").await;
        assert_eq!(header(&created, "location").matches("/drop").count(), 1, "{created:?}");
        let owner = door.create_room().await;
        // The context of a page may be there for this test, too, which is in the same process.
        let files = format!("/api/rooms/{}/files", owner.pin());
        let added = owner
            .request(Method::POST, &files)
            .header("tus-resumable", "1.0.0")
            .header("upload-length", 1)
            .header("upload-metadata", metadata("a"))
            .send()
            .await
            .unwrap();
        assert!(header(&added, "location").starts_with(&format!("/drop/api/rooms/{}/files/", owner.pin())), "{added:?}");
    }
    for page in held {
        assert_eq!(page.status(), 200);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_link_and_a_qr_code_name_the_path() {
    let (app, door) = below_drop(&["--public-url", "https://example.org"]).await;
    let owner = door.create_room().await;
    let page = owner.request(Method::GET, &format!("/r/{}", owner.pin()));
    let page =
        page.header("cookie", format!("snapdrop-{}={}", owner.pin(), owner.entered.token)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("example.org/drop/<"), "what people type");
    let without = TestApp::with_flags(&["--public-url", "https://example.org"]).await;
    let code = |door: Door, path: String| async move { door.get(&path).await.text().await.unwrap() };
    let path = "/join/482913/qr.svg".to_owned();
    assert_ne!(code(door.clone(), path.clone()).await, code((*without).clone(), path).await);
    without.finish().await;
    app.finish().await;
}

#[tokio::test]
async fn the_path_without_its_slash_leads_to_the_first_page() {
    let (app, door) = below_drop(&[]).await;
    for (path, location) in [("", "/drop/"), ("?do=create", "/drop/?do=create")] {
        let response = door.get(path).await;
        assert_eq!((response.status().as_u16(), header(&response, "location")), (308, location));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_proxy_that_takes_the_path_off_is_served_the_same() {
    let (app, door) = below_drop(&[]).await;
    let owner = app.create_room().await;
    let page = app.get("/").await.text().await.unwrap();
    assert!(addresses_in(&page).iter().all(|address| address.starts_with("/drop/")));
    assert_eq!(header(&post(&app, "/create", "", "cookies=work").await, "location").find("/drop/r/"), Some(0));
    assert_eq!(app.get("/healthz").await.status(), 200);
    assert_eq!(door.get("/healthz").await.status(), 200);
    assert_eq!(owner.at(&door).room().await.pin.as_str(), owner.pin());
    for path in ["/drop/drop/", "/dropped/", "/Drop/", "/%64rop/"] {
        assert_ne!(app.get(path).await.status(), 200, "{path}");
    }
    app.stop().await;
}

/// What `deploy/README.md` says to write, and instead of what, for the proxy of this name.
fn lines_for(proxy: &str) -> (String, String) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/README.md")).unwrap();
    let row = text.lines().find(|line| line.starts_with(&format!("| {proxy} | `"))).unwrap();
    let codes: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
    (codes[0].to_owned(), codes[1..].join("\n\t"))
}

#[tokio::test]
async fn proxies_pass_on_what_is_below_the_path_and_nothing_else() {
    let (app, _) = below_drop(&["--trusted-proxy", "127.0.0.1"]).await;
    for (name, kind) in [("nginx", Kind::Nginx), ("Caddy", Kind::Caddy), ("Apache", Kind::Apache), ("HAProxy", Kind::HaProxy)] {
        let (old, new) = lines_for(name);
        let proxy = Proxy::start_with(kind, &app.address().to_string(), &[(&old, &new)]).await;
        let host = Door::through(proxy.address(), NAME, proxy.authority(), Ipv4Addr::new(127, 0, 0, 2).into());
        let door = host.below("/drop");
        let page = door.get("/").await;
        assert_eq!(page.status(), 200, "{name}: {}", proxy.log());
        let created = post(&door, "/create", "", "cookies=work").await;
        assert!(header(&created, "location").starts_with("/drop/r/"), "{name}: {created:?}");
        assert!(header(&created, "set-cookie").starts_with("__Secure-snapdrop-"), "{name}: {created:?}");
        for path in ["/", "/dropped/", "/api/rooms"] {
            let other = host.get(path).await;
            assert!(other.status().as_u16() != 200 || !other.text().await.unwrap().contains("SnapDrop"), "{name}: {path}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn over_tls_its_cookies_are_not_those_of_the_whole_host() {
    let (app, door) = below_drop(&["--tls-self-signed"]).await;
    let created = door.request(Method::POST, "/api/rooms").json(&json!({"name": "Olga"})).send().await.unwrap();
    let cookie = header(&created, "set-cookie").to_owned();
    assert!(cookie.starts_with("__Secure-snapdrop-") && cookie.contains("; Path=/drop;") && cookie.contains("; Secure"), "{cookie}");
    let location = header(&created, "location").to_owned();
    assert!(location.starts_with("/drop/api/rooms/"), "{location}");
    let seat = cookie.split(';').next().unwrap();
    let path = location.strip_prefix("/drop").unwrap();
    let status =
        |cookie: String| async { door.request(Method::GET, path).header("cookie", cookie).send().await.unwrap().status().as_u16() };
    assert_eq!(status(seat.to_owned()).await, 200);
    // A server at the root of the host has cookies of this name.
    let of_the_root = seat.replace("__Secure-", "__Host-");
    assert_ne!(status(of_the_root.clone()).await, 200);
    assert_eq!(status(format!("{of_the_root}x; {seat}")).await, 200);
    assert_eq!(status(format!("name=Zoë; {seat}")).await, 200, "another program's cookie");
    let others = door.request(Method::GET, "/").header("cookie", "theme=dark; language=fr").send().await.unwrap();
    assert!(!others.headers().contains_key("set-cookie"), "{others:?}");
    let page = others.text().await.unwrap();
    assert!(page.contains("<html lang=\"en\"") && !page.contains("data-theme"), "{page}");
    let plain = app.plain_door();
    for path in ["/drop/r/1?x", "/r/1?x"] {
        let led = plain.get(path).await;
        assert!(header(&led, "location").starts_with("https://") && header(&led, "location").ends_with("/drop/r/1?x"), "{led:?}");
    }
    assert_eq!(plain.get("/drop/ca").await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn the_installed_app_is_the_one_below_the_path() {
    let (app, door) = below_drop(&[]).await;
    let manifest: Value = door.get("/manifest.webmanifest?language=en").await.json().await.unwrap();
    assert_eq!(manifest["id"], "/drop/");
    let mut named = vec![manifest["start_url"].clone(), manifest["scope"].clone(), manifest["share_target"]["action"].clone()];
    for (list, field) in [("icons", "src"), ("screenshots", "src"), ("shortcuts", "url"), ("file_handlers", "action")] {
        named.extend(manifest[list].as_array().unwrap().iter().map(|entry| entry[field].clone()));
    }
    named.push(manifest["shortcuts"][0]["icons"][0]["src"].clone());
    for name in named {
        assert!(name.as_str().unwrap().starts_with("/drop/"), "{name}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_program_says_its_whole_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.args(["--base-path", "/drop/"]);
    let process = Process::run(command);
    let line = process.first_line().to_owned();
    assert_eq!(line.trim_end(), format!("SnapDrop listens on http://{}/drop/", process.address()));
    assert_eq!(process.below("/drop").get("/").await.status(), 200);
}
