//! Pages are in the reader's language. The API is not translated.

use app::i18n::{Language, Messages, VERSION};
use reqwest::{Method, header::SET_COOKIE};

use crate::{door::Door, seat::header, test_app::TestApp};

async fn page_for(door: &Door, name: &str, value: &str) -> String {
    door.request(Method::GET, "/").header(name, value).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_page_is_in_the_language_that_was_chosen_else_asked_for_else_english() {
    let app = TestApp::start().await;
    let create = |language| Messages::of(language).create_room();
    let cases = [
        ("accept-language", "de-AT,de;q=0.9", Language::German),
        ("accept-language", "sv, pl;q=0.5", Language::Polish),
        ("accept-language", "sv", Language::English),
        ("accept-language", "\u{1}", Language::English),
        ("cookie", "language=uk", Language::Ukrainian),
        ("cookie", "language=../../etc", Language::English),
    ];
    for (name, value, language) in cases {
        let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
        let page = page_for(&app, name, value.to_str().unwrap()).await;
        assert!(page.contains(create(language)), "{name}: {value:?}");
        assert!(page.contains(&format!("lang=\"{}\"", language.tag())), "{name}: {value:?}");
    }
    let both =
        app.request(Method::GET, "/").header("accept-language", "de").header("cookie", "theme=dark; language=ja").send().await.unwrap();
    assert!(both.text().await.unwrap().contains(create(Language::Japanese)));
    app.finish().await;
}

#[tokio::test]
async fn the_form_remembers_a_language_and_leads_back_to_this_server_only() {
    let app = TestApp::start().await;
    let choose = async |language: &str, back: &str| {
        let form = app.request(Method::POST, "/language").header("content-type", "application/x-www-form-urlencoded");
        let response = form.body(format!("language={language}&back={back}")).send().await.unwrap();
        let cookie = response.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
        (response.status().as_u16(), header(&response, "location").to_owned(), cookie)
    };
    let chosen = Some("language=cs; Path=/; Max-Age=31536000; SameSite=Lax".to_owned());
    assert_eq!(choose("cs", "/join/482913").await, (303, "/join/482913".to_owned(), chosen.clone()));
    assert_eq!(choose("cs", "//evil.example/").await, (303, "/".to_owned(), chosen.clone()));
    assert_eq!(choose("cs", "https://evil.example/").await, (303, "/".to_owned(), chosen));
    assert_eq!(choose("tlh", "/").await, (303, "/".to_owned(), None));
    assert_eq!(app.request(Method::POST, "/language").body("nonsense").send().await.unwrap().status(), 303);
    app.finish().await;
}

#[tokio::test]
async fn the_texts_of_a_language_are_there_for_pages_of_this_version_only() {
    let app = TestApp::start().await;
    let texts = app.get(&format!("/messages/{VERSION}/fr")).await;
    assert_eq!((texts.status().as_u16(), header(&texts, "content-type")), (200, "text/plain; charset=utf-8"));
    assert!(texts.text().await.unwrap().contains(Messages::of(Language::French).create_room()));
    for path in ["/messages/0000000000000000/fr".to_owned(), format!("/messages/{VERSION}/tlh"), format!("/messages/{VERSION}/..%2f")] {
        assert_eq!(app.get(&path).await.status(), 404, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_installed_app_is_told_of_in_the_language_of_its_page() {
    let app = TestApp::start().await;
    let manifest = app.get("/manifest.webmanifest?language=es").await;
    assert_eq!(header(&manifest, "content-type"), "application/manifest+json");
    let manifest: serde_json::Value = manifest.json().await.unwrap();
    assert_eq!(manifest["shortcuts"][0]["name"], Messages::of(Language::Spanish).create_room());
    let other: serde_json::Value = app.get("/manifest.webmanifest?language=tlh").await.json().await.unwrap();
    assert_eq!(other["lang"], "en");
    app.finish().await;
}
